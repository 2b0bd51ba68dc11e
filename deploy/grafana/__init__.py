"""What Grafana shows, drawn from code."""
