FUNCTION z_mlc_document_change.
*"----------------------------------------------------------------------
*"*"Local Interface:
*"  IMPORTING
*"     VALUE(I_BUKRS) TYPE  BUKRS
*"     VALUE(I_BELNR) TYPE  BELNR_D
*"     VALUE(I_GJAHR) TYPE  GJAHR
*"     VALUE(I_BUZEI) TYPE  BUZEI
*"     VALUE(I_TESTRUN) TYPE  CHAR1 DEFAULT SPACE
*"  TABLES
*"      T_ACCCHG STRUCTURE  ACCCHG
*"      RETURN STRUCTURE  BAPIRET2
*"----------------------------------------------------------------------
* Changes fields of a posted item. The caller commits (BAPI_TRANSACTION_COMMIT) or rolls back;
* the change itself, its change document and its checks are FI_DOCUMENT_CHANGE's.
  DATA: ls_bseg   TYPE bseg,
        ls_change TYPE accchg,
        lt_change TYPE STANDARD TABLE OF accchg,
        lv_row    TYPE i,
        lv_user   TYPE sy-msgv1.

  CLEAR return[].

  AUTHORITY-CHECK OBJECT 'F_BKPF_BUK'
    ID 'BUKRS' FIELD i_bukrs
    ID 'ACTVT' FIELD '02'.
  IF sy-subrc <> 0.
    PERFORM add_message TABLES return USING 'E' '010' i_bukrs space space space.
    RETURN.
  ENDIF.

* The lock comes before the checks: what they find must stay true until the end of the LUW.
  IF i_testrun IS INITIAL.
    CALL FUNCTION 'ENQUEUE_EFBKPF'
      EXPORTING
        bukrs          = i_bukrs
        belnr          = i_belnr
        gjahr          = i_gjahr
      EXCEPTIONS
        foreign_lock   = 1
        system_failure = 2
        OTHERS         = 3.
    IF sy-subrc <> 0.
      lv_user = sy-msgv1.
      PERFORM add_message TABLES return USING 'E' '014' i_belnr lv_user space space.
      RETURN.
    ENDIF.
  ENDIF.

  SELECT SINGLE * FROM bseg INTO ls_bseg
    WHERE bukrs = i_bukrs
      AND belnr = i_belnr
      AND gjahr = i_gjahr
      AND buzei = i_buzei.
  IF sy-subrc <> 0.
    PERFORM add_message TABLES return USING 'E' '012' i_bukrs i_belnr i_gjahr i_buzei.
    RETURN.
  ENDIF.

  IF t_accchg[] IS INITIAL.
    PERFORM add_message TABLES return USING 'E' '018' space space space space.
    RETURN.
  ENDIF.

  PERFORM fill_rules.
  LOOP AT t_accchg INTO ls_change.
    lv_row = sy-tabix.
    PERFORM check_change TABLES return USING ls_bseg ls_change lv_row.
    APPEND ls_change TO lt_change.
  ENDLOOP.
  IF return[] IS NOT INITIAL.
    RETURN.
  ENDIF.

  IF i_testrun IS NOT INITIAL.
    PERFORM add_message TABLES return USING 'S' '001' i_bukrs i_belnr i_gjahr i_buzei.
    RETURN.
  ENDIF.

  CALL FUNCTION 'FI_DOCUMENT_CHANGE'
    EXPORTING
      i_bukrs              = i_bukrs
      i_belnr              = i_belnr
      i_gjahr              = i_gjahr
      i_buzei              = i_buzei
      x_lock               = space
    TABLES
      t_accchg             = lt_change
    EXCEPTIONS
      no_reference         = 1
      no_document          = 2
      many_documents       = 3
      wrong_input          = 4
      overwrite_creditcard = 5
      OTHERS               = 6.
  IF sy-subrc <> 0.
    lv_row = sy-subrc.
    PERFORM add_message TABLES return USING 'E' '019' lv_row space space space.
    RETURN.
  ENDIF.

  PERFORM add_message TABLES return USING 'S' '000' i_bukrs i_belnr i_gjahr i_buzei.
ENDFUNCTION.
