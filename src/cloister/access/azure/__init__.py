"""Azure's roles: definitions, assignments at scopes, and the decision, over plain values that know no inventory.

What holds: https://learn.microsoft.com/azure/role-based-access-control/overview and .../role-definitions, read
2026-11-25. Rights add up; NotActions take away from their own role alone; a deny assignment wins over every role.
"""
