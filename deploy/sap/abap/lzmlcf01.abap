*----------------------------------------------------------------------*
* Include LZMLCF01: what the function modules of group ZMLC share
*----------------------------------------------------------------------*

* Add a message of class ZMLC to RETURN.
FORM add_message TABLES pt_return STRUCTURE bapiret2
                 USING  pv_type   TYPE clike
                        pv_number TYPE clike
                        pv_v1     TYPE any
                        pv_v2     TYPE any
                        pv_v3     TYPE any
                        pv_v4     TYPE any.
  DATA ls_return TYPE bapiret2.

  ls_return-type   = pv_type.
  ls_return-id     = 'ZMLC'.
  ls_return-number = pv_number.
  ls_return-message_v1 = pv_v1.
  ls_return-message_v2 = pv_v2.
  ls_return-message_v3 = pv_v3.
  ls_return-message_v4 = pv_v4.
  MESSAGE ID ls_return-id TYPE 'S' NUMBER ls_return-number
    WITH ls_return-message_v1 ls_return-message_v2 ls_return-message_v3 ls_return-message_v4
    INTO ls_return-message.
  APPEND ls_return TO pt_return.
ENDFORM.

* Say where in T_ACCCHG the last message has its cause.
FORM add_place TABLES pt_return STRUCTURE bapiret2
               USING  pv_row   TYPE i
                      pv_field TYPE clike.
  DATA lv_last TYPE i.
  FIELD-SYMBOLS <ls_return> TYPE bapiret2.

  DESCRIBE TABLE pt_return LINES lv_last.
  READ TABLE pt_return ASSIGNING <ls_return> INDEX lv_last.
  IF sy-subrc = 0.
    <ls_return>-parameter = 'T_ACCCHG'.
    <ls_return>-row       = pv_row.
    <ls_return>-field     = pv_field.
  ENDIF.
ENDFORM.

* The allow-list. Whoever extends it must extend the document change rules (transaction OB32) as well.
FORM fill_rules.
  CHECK gt_rule IS INITIAL.
  PERFORM allow USING 'ZUONR' 18 'DS' abap_true.
  PERFORM allow USING 'SGTXT' 50 'DS' abap_false.
  PERFORM allow USING 'XREF1' 12 'DS' abap_false.
  PERFORM allow USING 'XREF2' 12 'DS' abap_false.
  PERFORM allow USING 'XREF3' 20 'DS' abap_false.
  PERFORM allow USING 'ZFBDT' 8 'D' abap_true.
  PERFORM allow USING 'ZLSPR' 1 'D' abap_true.
  PERFORM allow USING 'MANSP' 1 'D' abap_true.
ENDFORM.

FORM allow USING pv_fdname        TYPE clike
                 pv_length        TYPE i
                 pv_koart         TYPE clike
                 pv_until_cleared TYPE abap_bool.
  DATA ls_rule TYPE ty_rule.

  ls_rule-fdname        = pv_fdname.
  ls_rule-length        = pv_length.
  ls_rule-koart         = pv_koart.
  ls_rule-until_cleared = pv_until_cleared.
  INSERT ls_rule INTO TABLE gt_rule.
ENDFORM.

* Check one change against allow-list, customizing and the item as it is.
FORM check_change TABLES pt_return STRUCTURE bapiret2
                  USING  ps_bseg   TYPE bseg
                         ps_change TYPE accchg
                         pv_row    TYPE i.
  DATA: ls_rule    TYPE ty_rule,
        lv_current TYPE accchg-newval,
        lv_found   TYPE abap_bool.
  FIELD-SYMBOLS <lv_value> TYPE any.

  READ TABLE gt_rule INTO ls_rule WITH TABLE KEY fdname = ps_change-fdname.
  IF sy-subrc <> 0 OR ls_rule-koart NS ps_bseg-koart.
    PERFORM add_message TABLES pt_return
      USING 'E' '011' ps_change-fdname ps_bseg-koart space space.
    PERFORM add_place TABLES pt_return USING pv_row 'FDNAME'.
    RETURN.
  ENDIF.
  ASSIGN COMPONENT ps_change-fdname OF STRUCTURE ps_bseg TO <lv_value>.
  lv_current = <lv_value>.

  IF ps_change-oldval IS NOT INITIAL AND ps_change-oldval <> lv_current.
    PERFORM add_message TABLES pt_return
      USING 'E' '017' ps_change-fdname lv_current ps_change-oldval space.
    PERFORM add_place TABLES pt_return USING pv_row 'OLDVAL'.
  ENDIF.

  IF strlen( ps_change-newval ) > ls_rule-length.
    PERFORM add_message TABLES pt_return
      USING 'E' '016' ps_change-fdname ls_rule-length space space.
    PERFORM add_place TABLES pt_return USING pv_row 'NEWVAL'.
    RETURN.
  ENDIF.

  PERFORM check_customizing USING ps_change CHANGING lv_found.
  IF lv_found = abap_false.
    PERFORM add_message TABLES pt_return
      USING 'E' '015' ps_change-fdname ps_change-newval space space.
    PERFORM add_place TABLES pt_return USING pv_row 'NEWVAL'.
    RETURN.
  ENDIF.

* A change to the value that is there already is no change: callers may repeat themselves.
  IF ls_rule-until_cleared = abap_true AND ps_bseg-augbl IS NOT INITIAL AND ps_change-newval <> lv_current.
    PERFORM add_message TABLES pt_return
      USING 'E' '013' ps_change-fdname ps_bseg-augbl ps_bseg-augdt space.
    PERFORM add_place TABLES pt_return USING pv_row 'FDNAME'.
  ENDIF.
ENDFORM.

* Blocks need a reason that is customized.
FORM check_customizing USING    ps_change TYPE accchg
                       CHANGING pv_found  TYPE abap_bool.
  DATA: lv_zahls TYPE t008-zahls,
        lv_mansp TYPE t040s-mansp.

  pv_found = abap_true.
  CHECK ps_change-newval IS NOT INITIAL.
  CASE ps_change-fdname.
    WHEN 'ZLSPR'.
      lv_zahls = ps_change-newval.
      SELECT SINGLE zahls FROM t008 INTO lv_zahls WHERE zahls = lv_zahls.
      IF sy-subrc <> 0.
        pv_found = abap_false.
      ENDIF.
    WHEN 'MANSP'.
      lv_mansp = ps_change-newval.
      SELECT SINGLE mansp FROM t040s INTO lv_mansp WHERE mansp = lv_mansp.
      IF sy-subrc <> 0.
        pv_found = abap_false.
      ENDIF.
  ENDCASE.
ENDFORM.
