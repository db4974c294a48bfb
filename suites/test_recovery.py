"""Tools and callers do not notice a broken transport.

Items are made by the plugin from the workloads of this suite: one for each rule that a workload is
built to prove, and one for all other rules together.
"""
