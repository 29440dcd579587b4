"""Walk the stages: plan, run shards, publish manifests, load the graph, report."""
