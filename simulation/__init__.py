"""What would happen? Patients to rehearse with; production needs nothing of this."""
