"""Routers and broadcasts: each message to its handler, each event to its user's sockets.

Items are made by the plugin from the workloads of this suite: one for each rule that a workload is
built to prove, and one for all other rules together.
"""
