"""The one way out: payloads, the journal of calls, budgets and prices, the models behind endpoints.

Made from briefs. The only room that may import a network or model client.
"""
