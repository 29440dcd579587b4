"""What may enter the graph: rules, critic, human decisions, review queue."""
