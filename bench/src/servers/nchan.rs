//! nchan: an nginx module that holds polls and streams for one channel, without users, cursors of its own or a disk.
//! Uses Debian's package, which `make bench WHAT=peers` installs.

use std::path::Path;
use std::process::Command;

use linger_rig::folder::Folder;

use super::Server;

/// The module's path in Debian's libnginx-mod-nchan.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// Returns whether nchan can be measured on this machine.
pub(crate) fn is_installed() -> bool {
    Path::new(MODULE).exists() && Path::new("/usr/sbin/nginx").exists()
}

/// Starts nchan with one worker per core, as Rocket has.
pub(crate) fn start() -> anyhow::Result<Server> {
    let (folder, port) = (Folder::new()?, linger_rig::port::free()?);
    let path = folder.path().display();
    // The answer to `/connect` lets the same clients talk to all servers.
    let configuration = format!(
        r#"daemon off;
load_module {MODULE};
worker_processes auto;
worker_rlimit_nofile 20000;
pid {path}/nginx.pid;
error_log {path}/errors.log crit;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    client_body_temp_path {path}/body;
    proxy_temp_path {path}/proxy;
    fastcgi_temp_path {path}/fastcgi;
    uwsgi_temp_path {path}/uwsgi;
    scgi_temp_path {path}/scgi;
    default_type application/json;
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /connect {{
            return 201 '{{"token":"{token}","messages":[],"more":false,"cursor":"{cursor}"}}';
        }}
        location = /send {{
            nchan_publisher;
            nchan_channel_id general;
            nchan_message_buffer_length 100;
            nchan_message_timeout 1h;
        }}
        location = /poll {{
            nchan_subscriber longpoll eventsource;
            nchan_channel_id general;
            nchan_subscriber_first_message newest;
            nchan_longpoll_multipart_response off;
        }}
    }}
}}
"#,
        token = "t".repeat(super::floor::TOKEN_BYTES),
        cursor = "c".repeat(super::floor::CURSOR_BYTES),
    );
    std::fs::write(folder.path().join("nginx.conf"), configuration)?;
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-c").arg(folder.path().join("nginx.conf")).arg("-p").arg(folder.path());
    Server::start("nchan", port, &folder, &mut command)
}
