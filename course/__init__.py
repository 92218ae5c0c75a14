"""What serves every homework of the course."""
