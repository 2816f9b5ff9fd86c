def measure(plan, database): pass
