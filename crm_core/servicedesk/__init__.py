"""The service desk: a customer's conversation with us on a platform that counts messages and lets people take over."""
