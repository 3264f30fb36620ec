"""The agent of ml-connector that SAP Basis installs beside SAP: checks, journals and executes signed calls."""
