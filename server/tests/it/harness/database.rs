//! Which database a test's server is on. The whole suite runs on either: SQLite, unless
//! `LINGER_TEST_DATABASE=postgres` says otherwise; `LINGER_TEST_POSTGRES` is then the cluster.

/// Whether servers are started on PostgreSQL.
pub fn is_postgres() -> bool {
    std::env::var("LINGER_TEST_DATABASE").is_ok_and(|database| database == "postgres")
}

/// The address of a cluster to make databases in.
pub fn cluster() -> String {
    std::env::var("LINGER_TEST_POSTGRES").expect("`linger-rig postgres -- COMMAND` says where the cluster is")
}

/// The address of an empty database; nothing for SQLite, where a server makes its own.
pub async fn new_database() -> Option<String> {
    match is_postgres() {
        true => Some(linger_rig::postgres::create_database(&cluster()).await.unwrap()),
        false => None,
    }
}
