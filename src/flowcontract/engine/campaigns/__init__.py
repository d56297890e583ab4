"""Fuzz campaigns: many distinct requests, checked by the gate's checks, for as long as you like.

A campaign is a seed and a list of index ranges. Every case is a pure function of (plan, index), so any range can run
anywhere, even twice, and the set of cases does not depend on the number of workers:

    plan (contract, target, values, seed) ─ shard (source, start, stop) ─▶ worker ─ result ─▶ driver ─▶ database

`runner` makes cases and checks responses, `shards` runs a range of cases in a worker, `driver` schedules shards and
stores their results in the `database`, `findings` deduplicates failures, `session` ties them together.
"""
