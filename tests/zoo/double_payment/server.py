"""Books payments, and prints each; one whose id it has booked already it only confirms."""

import threading

from messages import serve

booked: set[str] = set()
lock = threading.Lock()


def pay(message: str) -> str:
    """Book `ID AMOUNT`."""
    payment, amount = message.split()
    with lock:
        if payment not in booked:
            booked.add(payment)
            print("booked", amount, flush=True)
    return f"paid {amount}"


serve(pay)
