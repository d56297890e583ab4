"""HTTP as it is sent and received: messages, the client, content codings, redaction."""
