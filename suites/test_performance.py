"""What a dispatch costs, against a stored baseline.

Items are made by the plugin from the workloads of this suite, where a baseline is asked for: one
for each rule that a workload is built to prove, and one for all other rules together.
"""
