#include "platform/database/mariadb_error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace platform {
namespace {

using Cause = MariadbInterruption::Cause;
using base::ErrorKind;

// Numbers by value: errmsg.h and mysqld_error.h differ between MariaDB and MySQL.
struct Interruption {
  unsigned number;
  Cause cause;
};
constexpr std::array kInterruptions{
    Interruption{1020, Cause::transaction},  // record has changed since it was read
    Interruption{1205, Cause::transaction},  // lock wait timeout
    Interruption{1213, Cause::transaction},  // deadlock, or refused by another Galera node
    Interruption{1317, Cause::transaction},  // the query was interrupted (KILL QUERY)
    Interruption{1412, Cause::transaction},  // the table was changed after the snapshot
    Interruption{1615, Cause::transaction},  // prepared statement needs to be prepared again
    Interruption{1040, Cause::connection},   // too many connections
    Interruption{1047, Cause::connection},   // Galera node is not ready
    Interruption{1053, Cause::connection},   // server shuts down
    Interruption{1129, Cause::connection},   // host is blocked
    Interruption{1152, Cause::connection},   // aborted connection
    Interruption{1158, Cause::connection},   // error reading packets
    Interruption{1159, Cause::connection},   // timeout reading packets
    Interruption{1160, Cause::connection},   // error writing packets
    Interruption{1161, Cause::connection},   // timeout writing packets
    Interruption{1180, Cause::connection},   // error during COMMIT
    Interruption{1203, Cause::connection},   // max_user_connections
    Interruption{1243, Cause::connection},   // unknown prepared statement
    Interruption{1290, Cause::connection},   // --read-only: a replica after a failover
    Interruption{1836, Cause::connection},   // read only
    Interruption{1927, Cause::connection},   // connection was killed
    Interruption{2002, Cause::connection},   // cannot connect, socket
    Interruption{2003, Cause::connection},   // cannot connect, TCP
    Interruption{2006, Cause::connection},   // server has gone away
    Interruption{2012, Cause::connection},   // error in handshake
    Interruption{2013, Cause::connection},   // lost connection
    Interruption{2014, Cause::connection},   // commands out of sync, after a lost answer
    Interruption{2055, Cause::connection},   // lost connection, with what the system said
    Interruption{4031, Cause::connection},   // closed by the server for being idle
};

constexpr unsigned kTlsError = 2026;

bool is_one_of(unsigned number, std::initializer_list<unsigned> numbers) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

void throw_mariadb_error(unsigned number, const std::string& text, std::string_view sql) {
  const std::string detail = fmt::format("{} ({}) in: {}", text, number, sql);
  for (const Interruption& known : kInterruptions)
    if (known.number == number) throw MariadbInterruption(known.cause, detail);
  if (is_one_of(number, {1022, 1062, 1169, 1586}))
    throw base::Error(ErrorKind::conflict, "It already exists.", "unique");
  if (is_one_of(number, {1216, 1217, 1451, 1452}))
    throw base::Error(ErrorKind::conflict, "It is used by, or uses, something else.",
                      "foreign key");
  if (is_one_of(number, {1050, 1060, 1061, 1091}))
    throw base::Error(ErrorKind::conflict, "The schema has been changed already.", "schema");
  if (is_one_of(number, {1264, 1366, 1406}))
    throw base::Error(ErrorKind::bad_request, "A value is too long or out of range.", detail);
  if (is_one_of(number, {1044, 1045, 1049, 1698})) throw MariadbRefusal(detail);
  if (number == kTlsError)
    throw base::Error(ErrorKind::unavailable,
                      "The database can not be reached by TLS: check that ssl_ca in [database] "
                      "connection names the authorities of its certificate, that this is for the "
                      "server's name, and ssl_cert and ssl_key if it asks for them.",
                      text);
  if (is_one_of(number, {3, 1021, 1026, 1114}))
    throw base::Error(ErrorKind::unavailable, "The database is not available.", detail);
  throw base::Error(ErrorKind::internal, "An internal error occurred.", detail);
}

}  // namespace platform
