"""Which known vulnerabilities the parts of an image have: advisories, matching, severity, exploitability."""
