// A hundred exchanges over TCP with itself, each in a thread.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const COUNT: usize = 100;

fn main() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = door.local_addr().unwrap();
    let server = thread::spawn(move || {
        for line in door.incoming().take(COUNT) {
            let mut line = line.unwrap();
            let mut byte = [0];
            line.read_exact(&mut byte).unwrap();
            line.write_all(&byte).unwrap();
        }
    });
    let clients: Vec<_> = (0..COUNT)
        .map(|_| {
            thread::spawn(move || {
                let mut line = TcpStream::connect(address).unwrap();
                let mut byte = [b'x'];
                line.write_all(&byte).unwrap();
                line.read_exact(&mut byte).unwrap();
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    server.join().unwrap();
    println!("done");
}
