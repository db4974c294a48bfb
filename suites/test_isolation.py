"""What one user may never see of another.

Items are made by the plugin from the workloads of this suite: one for each rule that a workload is
built to prove, and one for all other rules together.
"""
