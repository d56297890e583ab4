"""Fuzz campaigns: many distinct requests, judged by the gate's checks, for as long as it is worth it.

A campaign is a seed and a list of index ranges. Every case is a pure function of (plan, index), so any range
can be run anywhere, twice if need be, and the set of cases is the same whatever the number of workers:

    plan (contract, target, keys, seed) ─ shard (kind, start, stop) ─▶ worker ─ result ─▶ driver ─▶ store

`breadth` makes cheap cases for volume, `depth` lets Schemathesis and Hypothesis think; `shard` runs a range;
`campaign` drives; `store` keeps; `progress` and `report` show.
"""
