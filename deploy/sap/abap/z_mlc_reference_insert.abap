FUNCTION z_mlc_reference_insert.
*"----------------------------------------------------------------------
*"*"Update Function Module:
*"
*"*"Local Interface:
*"  IMPORTING
*"     VALUE(IS_REFERENCE) TYPE  ZMLC_REFERENCE
*"----------------------------------------------------------------------
  INSERT zmlc_reference FROM is_reference.
  IF sy-subrc <> 0.
*   Type A ends the update: the document of the same LUW is not written either.
    MESSAGE a020(zmlc) WITH is_reference-xblnr is_reference-bukrs is_reference-belnr is_reference-gjahr.
  ENDIF.
ENDFUNCTION.
