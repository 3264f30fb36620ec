"""The desk: takes calls from the session, asks gate and journal, hands to the executor, answers with sealed results."""
