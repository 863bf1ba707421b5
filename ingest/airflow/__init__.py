"""What the DAG files call: `defaults` while they are parsed, everything else inside tasks."""
