"""Reports: from a results.Report to strings. Pure; what is written to files is written by store."""
