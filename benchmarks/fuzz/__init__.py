"""How much processor time `flowcontract fuzz` takes to find a fault, beside `schemathesis run` and `fuzz`."""
