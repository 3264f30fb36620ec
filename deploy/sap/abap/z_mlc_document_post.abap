FUNCTION z_mlc_document_post.
*"----------------------------------------------------------------------
*"*"Local Interface:
*"  IMPORTING
*"     VALUE(DOCUMENTHEADER) TYPE  BAPIACHE09
*"     VALUE(CUSTOMERCPD) TYPE  BAPIACPA09 OPTIONAL
*"  EXPORTING
*"     VALUE(OBJ_TYPE) TYPE  BAPIACHE09-OBJ_TYPE
*"     VALUE(OBJ_KEY) TYPE  BAPIACHE09-OBJ_KEY
*"     VALUE(OBJ_SYS) TYPE  BAPIACHE09-OBJ_SYS
*"  TABLES
*"      ACCOUNTGL STRUCTURE  BAPIACGL09 OPTIONAL
*"      ACCOUNTRECEIVABLE STRUCTURE  BAPIACAR09 OPTIONAL
*"      ACCOUNTTAX STRUCTURE  BAPIACTX09 OPTIONAL
*"      CURRENCYAMOUNT STRUCTURE  BAPIACCR09
*"      RETURN STRUCTURE  BAPIRET2
*"----------------------------------------------------------------------
* BAPI_ACC_DOCUMENT_POST, but a reference is posted once only in a company code. Three things make it so:
* the lock (scope 2: it passes to the update task), the look-up under that lock, and the primary key of
* ZMLC_REFERENCE, which aborts the update together with the document if everything else has failed.
  DATA: ls_reference TYPE zmlc_reference,
        lv_reference TYPE zmlc_reference-xblnr,
        lv_bukrs     TYPE zmlc_reference-bukrs,
        lv_user      TYPE sy-msgv1.

  CLEAR: return[], obj_type, obj_key, obj_sys.
  lv_bukrs     = documentheader-comp_code.
  lv_reference = documentheader-ref_doc_no.
  IF lv_reference IS INITIAL.
    obj_key = '$'.
    PERFORM add_message TABLES return USING 'E' '021' space space space space.
    RETURN.
  ENDIF.

  CALL FUNCTION 'ENQUEUE_EZMLC_REFERENCE'
    EXPORTING
      mode_zmlc_reference = 'X'
      bukrs               = lv_bukrs
      xblnr               = lv_reference
      _scope              = '2'
    EXCEPTIONS
      foreign_lock        = 1
      system_failure      = 2
      OTHERS              = 3.
  IF sy-subrc <> 0.
    lv_user = sy-msgv1.
    obj_key = '$'.
    PERFORM add_message TABLES return USING 'E' '022' lv_reference lv_user space space.
    RETURN.
  ENDIF.

  SELECT SINGLE * FROM zmlc_reference INTO ls_reference
    WHERE bukrs = lv_bukrs
      AND xblnr = lv_reference.
  IF sy-subrc = 0.
    obj_key = '$'.
    PERFORM add_message TABLES return
      USING 'E' '020' lv_reference lv_bukrs ls_reference-belnr ls_reference-gjahr.
    RETURN.
  ENDIF.

  CALL FUNCTION 'BAPI_ACC_DOCUMENT_POST'
    EXPORTING
      documentheader    = documentheader
      customercpd       = customercpd
    IMPORTING
      obj_type          = obj_type
      obj_key           = obj_key
      obj_sys           = obj_sys
    TABLES
      accountgl         = accountgl
      accountreceivable = accountreceivable
      accounttax        = accounttax
      currencyamount    = currencyamount
      return            = return.
  IF obj_key IS INITIAL OR obj_key = '$'.
    RETURN.
  ENDIF.
  LOOP AT return TRANSPORTING NO FIELDS WHERE type CA 'AEX'.
    RETURN.
  ENDLOOP.

  ls_reference-mandt = sy-mandt.
  ls_reference-bukrs = lv_bukrs.
  ls_reference-xblnr = lv_reference.
  ls_reference-belnr = obj_key(10).
  ls_reference-gjahr = obj_key+14(4).
  ls_reference-uname = sy-uname.
  ls_reference-cpudt = sy-datum.
  ls_reference-cputm = sy-uzeit.
* Written by the update task, with the document or not at all; an INSERT here would outlive a rollback,
* because the end of every remote call commits the database.
  CALL FUNCTION 'Z_MLC_REFERENCE_INSERT' IN UPDATE TASK
    EXPORTING
      is_reference = ls_reference.
ENDFUNCTION.
