"""Policies that a site keeps in the platform's database: versions, attachments, what stands now, and trials."""
