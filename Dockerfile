# The lab's machines: one target for each role.
#   host    a machine that runs the programs of services/: server and client
#   inetd   the same with a real xinetd
#   names   a real name server (dnsmasq)
#   syslog  a real rsyslog that hears every machine
# Everything comes from Debian's packages. `make setup` finds or makes the base image.
# Packages first, our own files last: a change to a service rebuilds in a second or two.
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS packages
RUN apt-get update \
    && apt-get install --yes --no-install-recommends inetutils-telnet iproute2 python3 \
    && rm -rf /var/lib/apt/lists/*
# A user without rights runs the programs, and the chapter's services have names of their own.
RUN useradd --system --uid 800 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin lab \
    && printf '%s\n' \
        'lab-time 21567/tcp # time server' 'lab-time 21567/udp # time server' \
        'lab-line 21568/tcp # line server' 'lab-echo 21569/tcp # plain echo' >>/etc/services
ENV PYTHONPATH=/usr/local/lib/socket-lab PYTHONUNBUFFERED=1
ENTRYPOINT ["/usr/local/libexec/socket-lab/entrypoint"]

FROM packages AS ours
COPY hosts/entrypoint /usr/local/libexec/socket-lab/entrypoint
COPY services /usr/local/lib/socket-lab/services
# Compiled here, because the machines' file systems are read-only.
RUN python3 -m compileall -q /usr/local/lib/socket-lab/services

FROM packages AS host
COPY --from=ours /usr/local /usr/local

FROM packages AS inetd
RUN apt-get update \
    && apt-get install --yes --no-install-recommends xinetd \
    && rm -rf /var/lib/apt/lists/*
COPY hosts/inetd/xinetd.conf /etc/xinetd.conf
COPY --from=ours /usr/local /usr/local
CMD ["/usr/sbin/xinetd", "-dontfork", "-stayalive", "-pidfile", "/tmp/xinetd.pid"]

FROM packages AS names
RUN apt-get update \
    && apt-get install --yes --no-install-recommends dnsmasq-base \
    && rm -rf /var/lib/apt/lists/*
COPY hosts/names/dnsmasq.conf /etc/dnsmasq.conf
COPY hosts/entrypoint /usr/local/libexec/socket-lab/entrypoint
CMD ["/usr/sbin/dnsmasq", "--keep-in-foreground"]

FROM ${BASE_IMAGE} AS syslog
RUN apt-get update \
    && apt-get install --yes --no-install-recommends iproute2 rsyslog \
    && rm -rf /var/lib/apt/lists/*
COPY hosts/syslog/entrypoint /usr/local/libexec/socket-lab/entrypoint
COPY hosts/syslog/rsyslog.conf /etc/rsyslog.conf
ENTRYPOINT ["/usr/local/libexec/socket-lab/entrypoint"]
