FUNCTION-POOL zmlc MESSAGE-ID zmlc.

TYPE-POOLS abap.

* A field of a line item that may be changed: where, how long a value may be, and whether clearing ends it.
TYPES: BEGIN OF ty_rule,
         fdname        TYPE accchg-fdname,
         length        TYPE i,
         koart         TYPE c LENGTH 2,
         until_cleared TYPE abap_bool,
       END OF ty_rule.

DATA gt_rule TYPE SORTED TABLE OF ty_rule WITH UNIQUE KEY fdname.
