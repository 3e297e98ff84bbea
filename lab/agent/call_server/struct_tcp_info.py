"""What the kernel tells of a TCP connection: struct tcp_info of linux/tcp.h, by its fields."""

import socket
import struct

_TEXT = """
    state ca_state retransmits probes backoff options window_scales limited
    rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent
    last_data_recv last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss
    reordering rcv_rtt rcv_space total_retrans pacing_rate max_pacing_rate bytes_acked
    bytes_received segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out delivery_rate
    busy_time rwnd_limited sndbuf_limited delivered delivered_ce bytes_sent bytes_retrans
    dsack_dups reord_seen rcv_ooopack snd_wnd
"""
_NAMES = _TEXT.split()
_LAYOUT = struct.Struct("=8B24I4Q6I4Q2I2Q4I")
SIZE = _LAYOUT.size
_PACKED = ("window_scales", "limited")  # bit fields
FIELDS = tuple(name for name in _NAMES if name not in _PACKED)
_STATES = (
    *("", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"),
    *("CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"),
)


def info(connection: socket.socket) -> dict[str, int | str]:
    """Return every field; the state by its name. What an older kernel lacks is 0."""
    return read(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE))


def read(data: bytes) -> dict[str, int | str]:
    """Return every field of the structure as it came from the kernel."""
    values = dict(zip(_NAMES, _LAYOUT.unpack(data.ljust(SIZE, b"\0")), strict=True))
    return {name: _STATES[values[name]] if name == "state" else values[name] for name in FIELDS}
