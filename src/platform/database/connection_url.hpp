// `[database] connection`: the URL that operators know from oslo.db and SQLAlchemy.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "platform/database/database.hpp"
#include "platform/database/mariadb.hpp"

namespace platform {

using DatabaseTarget = std::variant<SqliteOptions, MariadbOptions>;

// Understands
//   sqlite:////var/lib/nova/nova.sqlite
//   mysql+pymysql://user:password@host:3306/nova?charset=utf8&ssl_ca=/etc/ssl/ca.pem
// and the other drivers' spellings (mysql, mysql+mysqldb, mariadb, ...). User, password and name
// are percent-decoded. Throws base::Error(bad_request) that says what is wrong and never holds the
// password.
[[nodiscard]] DatabaseTarget parse_connection_url(std::string_view url);

}  // namespace platform
