# Sends every datagram back: perl -e "$(cat echo.pl)" PORT
#
# As near to C as the machines' packages come: two system calls a datagram and next to nothing else.
use strict;
use Socket;
socket(my $door, PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
bind($door, sockaddr_in($ARGV[0], INADDR_ANY)) or die "bind: $!";
while (defined(my $peer = recv($door, my $data, 65536, 0))) {
    send($door, $data, 0, $peer);
}
