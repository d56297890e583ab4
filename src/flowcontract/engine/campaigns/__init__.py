"""Fuzz campaigns: the phases of the gate without end, for as long as you like.

A campaign is a seed and a list of shards. A shard is a source (one phase of the gate), some operations and a seed,
which follow from its number; it runs as a session of the gate's engine in any worker, even twice, with the same cases:

    plan (contract, target, settings) ─ shard (source, number) ─▶ worker ─ result ─▶ driver ─▶ database

`sources` are the phases, `worker` runs a shard, `schedule` gives every source its share by what it still discovers,
`driver` hands out shards and stores their results in the `database`, `session` ties them together.
"""
