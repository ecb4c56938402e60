// MariaDB over TLS, as `ssl_ca` and its companions in [database] connection ask for it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "platform/database/connection_url.hpp"
#include "platform/database/mariadb_connection.hpp"
#include "platform/database/private_mariadb.hpp"
#include "platform/process.hpp"

namespace platform {
namespace {

class MariadbTlsServer : public testing::Test {
 protected:
  void SetUp() override {
    if (!PrivateMariadb::is_installed()) GTEST_SKIP() << "mariadb-server is not installed";
    std::string pattern = std::filesystem::temp_directory_path() / "nephele-mariadb-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(directory_ + "/tls");
    make_authority("ca");
    make_authority("stranger");
    certify("server", "IP:127.0.0.1,DNS:localhost");
    port_ = free_port();
    script({"start", directory_, port_});
  }
  void TearDown() override {
    if (directory_.empty()) return;
    script({"stop", directory_});
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] std::string file(const std::string& name) const {
    return directory_ + "/tls/" + name;
  }
  void make_authority(const std::string& name) const {
    openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-days", "2",
             "-keyout", file(name + ".key"), "-out", file(name + ".pem")});
  }
  void certify(const std::string& name, const std::string& alternative_names) const {
    openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
             file(name + ".key"), "-out", file(name + ".csr")});
    std::ofstream(file("names")) << "subjectAltName=" << alternative_names << "\n";
    openssl({"x509", "-req", "-in", file(name + ".csr"), "-CA", file("ca.pem"), "-CAkey",
             file("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", file("names"), "-out",
             file(name + ".pem")});
  }

  // The cipher of a connection that the URL makes: empty: none. Throws what it throws.
  [[nodiscard]] std::string cipher_of(const std::string& parameters) const {
    const auto target = parse_connection_url("mysql+pymysql://nephele:nephele@127.0.0.1:" + port_ +
                                             "/mysql" + parameters);
    MariadbConnection connection(std::get<MariadbOptions>(target));
    std::string cipher;
    connection.query("SHOW STATUS LIKE 'Ssl_cipher'", {},
                     [&](const SqlRow& row) { cipher = row.text(1); });
    return cipher;
  }
  [[nodiscard]] std::string refusal_of(const std::string& parameters) const {
    try {
      return "it was let in with " + cipher_of(parameters);
    } catch (const std::exception& error) {
      return error.what();
    }
  }

 private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    run_checked(arguments);
  }
  static void script(std::vector<std::string> words) {
    const auto source = std::filesystem::path(__FILE__).parent_path();
    words.insert(words.begin(), {"bash", source / "../../../scripts/mariadb.sh"});
    ProcessOptions options;
    options.timeout = std::chrono::seconds{120};
    run_checked(words, options);
  }
  static std::string free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket, any, size), 0);
    EXPECT_EQ(::getsockname(socket, any, &size), 0);
    ::close(socket);
    return std::to_string(ntohs(address.sin_port));
  }

  std::string directory_;
  std::string port_;
};

TEST_F(MariadbTlsServer, is_reached_by_who_knows_its_authority_and_by_nobody_else) {
  EXPECT_NE(cipher_of("?ssl_ca=" + file("ca.pem")), "");
  for (const std::string& wrong : {file("stranger.pem"), file("missing.pem")}) {
    const std::string said = refusal_of("?ssl_ca=" + wrong);
    EXPECT_NE(said.find("ssl_ca in [database] connection"), std::string::npos) << said;
    EXPECT_EQ(said.find("nephele:nephele"), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace platform
