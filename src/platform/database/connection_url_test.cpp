#include "platform/database/connection_url.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace platform {
namespace {

MariadbOptions mariadb(std::string_view url) {
  return std::get<MariadbOptions>(parse_connection_url(url));
}

std::string sqlite_path(std::string_view url) {
  return std::get<SqliteOptions>(parse_connection_url(url)).path;
}

std::string refusal(std::string_view url) {
  try {
    (void)parse_connection_url(url);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
    return error.what();
  }
  return "accepted";
}

TEST(ConnectionUrl, reads_what_operators_write_for_oslo_db) {
  const auto options = mariadb(
      "mysql+pymysql://nova:p%40ss%2Fword@controller:3307/nova?charset=utf8&ssl_ca=/etc/ssl/ca.pem"
      "&ssl_cert=/etc/c.pem&ssl_key=/etc/k.pem&ssl_check_hostname=false");

  EXPECT_EQ(options.user, "nova");
  EXPECT_EQ(options.password, "p@ss/word");
  EXPECT_EQ(options.host, "controller");
  EXPECT_EQ(options.port, 3307);
  EXPECT_EQ(options.database, "nova");
  EXPECT_EQ(options.tls.ca_file, "/etc/ssl/ca.pem");
  EXPECT_EQ(options.tls.certificate_file, "/etc/c.pem");
  EXPECT_EQ(options.tls.key_file, "/etc/k.pem");
  EXPECT_FALSE(options.tls.verify);
}

TEST(ConnectionUrl, knows_ipv6_addresses_sockets_and_defaults) {
  EXPECT_EQ(mariadb("mysql://u@[fd00::1]:3310/n").host, "fd00::1");
  EXPECT_EQ(mariadb("mysql://u@[fd00::1]:3310/n").port, 3310);
  EXPECT_EQ(mariadb("mariadb://u@db/n").port, 3306);
  EXPECT_TRUE(mariadb("mysql+mysqldb://u:p@db/n").tls.verify);
  EXPECT_EQ(mariadb("mysql:///n?unix_socket=/run/mysqld/mysqld.sock").socket,
            "/run/mysqld/mysqld.sock");
}

TEST(ConnectionUrl, sqlite_has_three_slashes_before_its_path) {
  EXPECT_EQ(sqlite_path("sqlite:////var/lib/nova/nova.sqlite"), "/var/lib/nova/nova.sqlite");
  EXPECT_EQ(sqlite_path("sqlite:///nova.sqlite"), "nova.sqlite");
  EXPECT_EQ(sqlite_path("sqlite://"), ":memory:");
}

TEST(ConnectionUrl, refuses_what_it_does_not_know_without_telling_the_password) {
  for (const char* url : {"nonsense-secret", "postgresql://u:secret@h/n", "mysql://u:secret@h",
                          "mysql://u:secret@h/", "mysql://u:secret@h:port/n",
                          "mysql://u:secret@h/n?ssl_cacert=/x", "mysql://u:secret?x=secret@h/n?y=1",
                          "mysql://u:secret@h/n?charset=latin1", "mysql://u:secret@[fd00::1/n"}) {
    const std::string text = refusal(url);
    EXPECT_NE(text, "accepted") << url;
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace platform
