"""Customers who come by a code on WeChat: which campaign brought them, whom they added, and who follows them."""
