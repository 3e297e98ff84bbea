/* A hundred exchanges over TCP with itself, in threads if it is told so; a child by vfork. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 100 };
static struct sockaddr_in address = {.sin_family = AF_INET};

static void *serve(void *door)
{
    for (int number = 0; number < COUNT; number++) {
        char byte;
        int line = accept(*(int *)door, NULL, NULL);
        if (line < 0 || recv(line, &byte, 1, 0) != 1 || send(line, &byte, 1, 0) != 1)
            abort();
        close(line);
    }
    return NULL;
}

static void *ask(void *ignored)
{
    char byte = 'x';
    int line = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(line, (struct sockaddr *)&address, sizeof address) != 0)
        abort();
    if (send(line, &byte, 1, 0) != 1 || recv(line, &byte, 1, 0) != 1)
        abort();
    close(line);
    return ignored;
}

int main(void)
{
    socklen_t size = sizeof address;
    pthread_t server, clients[COUNT];
    int door = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(door, (struct sockaddr *)&address, sizeof address) != 0 || listen(door, COUNT) != 0)
        abort();
    getsockname(door, (struct sockaddr *)&address, &size);
    pthread_create(&server, NULL, serve, &door);
    for (int number = 0; number < COUNT; number++)
        pthread_create(&clients[number], NULL, ask, NULL);
    for (int number = 0; number < COUNT; number++)
        pthread_join(clients[number], NULL);
    pthread_join(server, NULL);
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    puts(status == 0 ? "done" : "failed");
    return 0;
}
