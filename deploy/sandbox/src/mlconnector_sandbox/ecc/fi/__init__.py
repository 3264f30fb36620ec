"""Financial accounting: what BAPI_ACC_DOCUMENT_POST checks, and the rows a document becomes."""
