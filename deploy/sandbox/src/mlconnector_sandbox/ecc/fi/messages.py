"""The messages that postings can meet, and RETURN rows made of them.

Numbers marked ? are not verified on a real system: whoever evaluates them must not depend on more than class and type.
"""

from typing import Any

__all__ = ["MESSAGES", "bapi_return"]

MESSAGES: dict[tuple[str, str], str] = {
    ("00", "055"): "Required entry not made",  # ?
    ("00", "058"): "Entry & & & does not exist in & (check entry)",  # ?
    ("RW", "001"): "No unique header information transferred into Accounting",
    ("RW", "002"): "No item information transferred into Accounting",
    ("RW", "003"): "No currency information transferred into Accounting",
    ("RW", "004"): "Object type or reference number is initial",
    ("RW", "008"): "FI/CO interface: Inconsistent currency information",
    ("RW", "009"): "FI/CO interface: Object type & not defined",
    ("RW", "010"): "Business transaction & is not that of the original document, &",  # ?
    ("RW", "014"): "FI/CO interface: Line item entered several times",
    ("RW", "018"): "FI/CO interface: Currency item entered several times",
    ("RW", "020"): "Original document is not in the local system",
    ("RW", "021"): "FI/CO line item without transaction currency information",
    ("RW", "022"): "FI/CO interface: Balance in transaction currency",
    ("RW", "602"): "No document in Accounting for & &",  # ?
    ("RW", "605"): "Document posted successfully: & & &",
    ("RW", "609"): "Error in document: & & &",
    ("RW", "614"): "Document check - no errors: & & &",
    ("RW", "628"): "Amount & has more decimal places than currency &",  # ?
    ("F5", "001"): "Company code & is not defined",  # ?
    ("F5", "002"): "Document type & is not defined",  # ?
    ("F5", "083"): "No authorization to post in company code &",  # ?
    ("F5", "102"): "Customer & is not defined in company code &",
    ("F5", "104"): "Vendor & is not defined in company code &",
    ("F5", "150"): "Enter & of one-time customer &",  # ?
    ("F5", "155"): "Account & in company code & is blocked for posting",  # ?
    ("F5", "201"): "Posting period & & is not open",
    ("F5", "241"): "Account type & is not allowed for document type &",  # ?
    ("F5", "263"): "The difference is too large for clearing",
    ("F5", "264"): "Select items of one account in one currency",  # ?
    ("F5", "265"): "Item & & is cleared already by document &",  # ?
    ("F5", "266"): "Account & is not managed on an open item basis",  # ?
    ("F5", "308"): "Document & & & contains cleared items; it cannot be reversed",  # ?
    ("F5", "351"): "Customer & in company code & is blocked for posting",  # ?
    ("F5", "353"): "Account & & currently locked by user &",  # ?
    ("F5", "354"): "Account & in company code & cannot be directly posted to",
    ("F5", "360"): "Special documents are not reversible",
    ("F5", "361"): "Document & & has already been reversed with document &",  # ?
    ("F5", "362"): "Reversal reason & does not allow another posting date",  # ?
    ("F5", "375"): "Document & & & is currently being processed by user &",  # ?
    ("F5", "397"): "Document & & & item & does not exist",  # ?
    ("F5", "506"): "G/L account & is not defined in company code &",  # ?
    ("F5", "701"): "Inconsistent rates for currency &",
    ("F5", "702"): "Balance in transaction currency",
    ("F5", "703"): "Balance in local currency",
    ("F5", "704"): "Inconsistent amounts",
    ("F5", "727"): "Maximum number of items in FI reached",
    ("F5", "905"): "Document is a reversal document",
    ("FF", "713"): "Tax code & country & does not exist in procedure &",
    ("FF", "718"): "Tax code & needs a tax jurisdiction code",  # ?
    ("FF", "719"): "Tax jurisdiction code & does not exist",  # ?
    ("FF", "740"): "Enter a valid tax code",
    ("FF", "747"): "The tax amount must not be greater than the tax base",
    ("FF", "805"): "Tax statement item missing for tax code &",
    ("FF", "818"): "Tax item and base item are not assigned to each other",
    ("KI", "100"): "The CO account assignment object belongs to company code &, not &",
    ("KI", "180"): "Order & does not exist",  # ?
    ("KI", "181"): "Order & does not allow postings",  # ?
    ("KI", "235"): "Account & requires an assignment to a CO object",
    ("KI", "260"): "Cost center &/& blocked against direct postings on &",
    ("KI", "261"): "Cost center &/& is blocked against revenue postings on &",
    ("KI", "265"): "Cost center &/& does not exist on &",
    ("KM", "026"): "Profit center &/& does not exist on the posting date",  # ?
    ("KM", "027"): "Profit center &/& is locked for postings",  # ?
    ("CJ", "021"): "WBS element & does not exist",  # ?
    ("CJ", "022"): "WBS element & does not allow postings",  # ?
    ("NR", "751"): "For object & &, number range interval & does not exist",  # ?
    ("ZMLC", "000"): "Document & & & item & is changed",
    ("ZMLC", "001"): "Test run: document & & & item & can be changed",
    ("ZMLC", "010"): "No authorization to change documents in company code &",
    ("ZMLC", "011"): "Field & may not be changed in items of account type &",
    ("ZMLC", "012"): "Document & & & item & does not exist",
    ("ZMLC", "013"): "Field & cannot be changed: the item was cleared by & on &",
    ("ZMLC", "014"): "Document & is being processed by user &",
    ("ZMLC", "015"): "Field & does not take the value &",
    ("ZMLC", "016"): "The value of field & is longer than &",
    ("ZMLC", "017"): "Field & has the value &, not &",
    ("ZMLC", "018"): "Say which fields to change",
    ("ZMLC", "019"): "FI_DOCUMENT_CHANGE has refused the change: &",
    ("ZMLC", "020"): "Reference & is posted already in company code &: document & &",
    ("ZMLC", "021"): "Say the reference number of the document",
    ("ZMLC", "022"): "Reference & is being posted by user &",
    ("S&", "101"): "Posting could not be carried out",
    ("SG", "105"): "Enter rate & / & rate type & for & in the system settings",
}
_MAX_TEXT = 220


def bapi_return(
    kind: str, message_class: str, number: str, *variables: str, system: str = "", **location: Any
) -> dict[str, Any]:
    """Build a row of BAPIRET2; `location` may hold PARAMETER, ROW and FIELD."""
    text = MESSAGES[message_class, number]
    # KI 100 names its third and fourth variable, all others count from the first.
    for variable in variables[2:] if (message_class, number) == ("KI", "100") else variables:
        text = text.replace("&", variable, 1)
    return {
        "TYPE": kind,
        "ID": message_class,
        "NUMBER": number,
        "MESSAGE": text[:_MAX_TEXT],
        "LOG_MSG_NO": "000000",
        **{f"MESSAGE_V{position}": variable[:50] for position, variable in enumerate(variables[:4], 1)},
        "SYSTEM": system,
        **location,
    }
