"""The golden path: a user asks, tools run, five events stream back, the answer arrives.

Items are made by the plugin from the workloads of this suite: one for each rule that a workload is
built to prove, and one for all other rules together.
"""
