// HTTPS as clients speak it: openssl's and libcurl's, and some who speak something else.
#include "platform/http/tls_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "platform/clock.hpp"
#include "platform/http/client_tls.hpp"
#include "platform/http/server.hpp"
#include "platform/process.hpp"

namespace platform::http {
namespace {

using namespace std::chrono_literals;

// Authorities and what they vouch for, made when the tests run.
class Authority {
 public:
  explicit Authority(std::string directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=authority", "-days", "2", "-keyout", path("ca.key"), "-out",
             certificate()});
  }
  [[nodiscard]] std::string certificate() const { return path("ca.pem"); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  // NAME.pem and NAME.key.
  void vouch_for(const std::string& name, const std::string& alternative_names) const {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".csr")});
    std::ofstream(path("names")) << "subjectAltName=" << alternative_names << "\n";
    openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", certificate(), "-CAkey",
             path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", path("names"), "-out",
             path(name + ".pem")});
  }

 private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    run_checked(arguments);
  }
  std::string directory_;
};

class HttpsServer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = std::filesystem::temp_directory_path() / "nephele-tls-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    authority_.emplace(directory_ + "/one");
    other_.emplace(directory_ + "/other");
    authority_->vouch_for("server", "IP:127.0.0.1,DNS:localhost");
    authority_->vouch_for("elsewhere", "DNS:elsewhere.test");
    authority_->vouch_for("client", "DNS:client.test");
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  static TlsServerOptions options_of(const std::string& name) {
    TlsServerOptions options;
    options.certificate_file = authority_->path(name + ".pem");
    options.key_file = authority_->path(name + ".key");
    return options;
  }

  void start(TlsServerOptions options) {
    server_.emplace(ServerOptions{});
    Listener listener;
    listener.handler = [](Request& request) { return answer(request); };
    listener.streams = [](const Request& request) { return request.path == "/upload"; };
    listener.tls = std::make_shared<TlsServer>(std::move(options));
    port_ = server_->listen(std::move(listener));
  }

  static Response answer(Request& request) {
    Response response;
    if (request.path == "/upload") {
      std::string buffer(1 << 16, ' ');
      size_t total = 0;
      while (const size_t count = request.stream->read(buffer.data(), buffer.size()))
        total += count;
      response.body = std::to_string(total);
    } else if (request.path == "/large") {
      response.body = std::string(8 << 20, 'x');
    } else {
      response.body = request.peer_address + " " + request.body;
    }
    return response;
  }

  Response send(Transport& client, const std::string& path = "/", std::string body = {}) const {
    Request request;
    request.method = body.empty() ? "GET" : "POST";
    request.path = path;
    request.body = std::move(body);
    return client.send("https://127.0.0.1:" + std::to_string(port_), std::move(request), 20s);
  }
  // Empty: it got an answer.
  std::string refusal(const std::string& ca_file) const {
    const auto client = make_curl_transport(ClientTls{ca_file, "[keystone_authtoken] cafile"});
    try {
      (void)send(*client);
      return "";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
      return error.what();
    }
  }

  // A client that speaks no TLS.
  [[nodiscard]] int connect_plainly() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client;
  }
  static bool is_closed_within(int client, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    char buffer[256];
    while (std::chrono::steady_clock::now() < deadline) {
      pollfd waiting{client, POLLIN, 0};
      if (::poll(&waiting, 1, 100) > 0 && ::recv(client, buffer, sizeof buffer, 0) <= 0)
        return true;
    }
    return false;
  }

  // What openssl s_client says.
  std::string s_client(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(port_),
                      "-CAfile", authority_->certificate()});
    const ProcessResult result = run_process(arguments);
    const std::string said = result.output + result.errors;
    return said.find("Cipher is (NONE)") == std::string::npos ? said : "no cipher";
  }

  static inline std::string directory_;
  static inline std::optional<Authority> authority_;
  static inline std::optional<Authority> other_;
  uint16_t port_ = 0;
  std::optional<Server> server_;
};

TEST_F(HttpsServer, answers_whoever_trusts_its_authority) {
  start(options_of("server"));
  const auto client = make_curl_transport(ClientTls{authority_->certificate(), ""});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(send(*client, "/", "body").body, "127.0.0.1 body");
  EXPECT_EQ(send(*client, "/large").body.size(), size_t{8 << 20});
  EXPECT_EQ(send(*client, "/upload", std::string(3 << 20, 'y')).body, std::to_string(3 << 20));
}

TEST_F(HttpsServer, serves_many_clients_at_once) {
  start(options_of("server"));
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&] {
      const auto client = make_curl_transport(ClientTls{authority_->certificate(), ""});
      for (int j = 0; j < 10; ++j)
        if (send(*client, "/large").body.size() == size_t{8 << 20}) ++answered;
    });
  for (auto& client : clients) client.join();
  EXPECT_EQ(answered, 80);
}

TEST_F(HttpsServer, gets_no_request_from_who_does_not_trust_it) {
  start(options_of("server"));
  for (const std::string& file : {other_->certificate(), directory_ + "/missing.pem"}) {
    const std::string said = refusal(file);
    EXPECT_NE(said.find("[keystone_authtoken] cafile"), std::string::npos) << said;
    EXPECT_NE(said.find(file), std::string::npos) << said;
  }
  EXPECT_NE(refusal(""), "");
  start(options_of("elsewhere"));
  EXPECT_NE(refusal(authority_->certificate()), "") << "its certificate is for another name";
}

TEST_F(HttpsServer, speaks_tls_1_2_and_1_3_with_forward_secrecy_only) {
  start(options_of("server"));
  EXPECT_NE(s_client({"-tls1_2"}).find("Verify return code: 0"), std::string::npos);
  EXPECT_NE(s_client({"-tls1_3"}).find("Verify return code: 0"), std::string::npos);
  for (const std::vector<std::string>& old :
       {std::vector<std::string>{"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"},
        {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"},
        {"-tls1_2", "-cipher", "AES128-GCM-SHA256"}}) {
    const std::string said = s_client(old);
    EXPECT_EQ(said, "no cipher");
  }
}

TEST_F(HttpsServer, is_not_held_up_by_garbage_or_by_who_says_nothing) {
  TlsServerOptions options = options_of("server");
  options.handshake_timeout = 1s;
  start(options);
  std::vector<int> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(connect_plainly());
  std::vector<int> noisy;
  for (int i = 0; i < 20; ++i) {
    noisy.push_back(connect_plainly());
    const std::string noise = i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
                                         : std::string("\x16\x03\x01\x02\x00\x01garbage", 13);
    (void)!::send(noisy.back(), noise.data(), noise.size(), MSG_NOSIGNAL);
  }
  const auto client = make_curl_transport(ClientTls{authority_->certificate(), ""});
  EXPECT_EQ(send(*client, "/", "still").body, "127.0.0.1 still");
  for (const int each : silent) EXPECT_TRUE(is_closed_within(each, 20s));
  for (const int each : noisy) EXPECT_TRUE(is_closed_within(each, 20s));
  for (const int each : silent) ::close(each);
  for (const int each : noisy) ::close(each);
}

TEST_F(HttpsServer, shows_a_certificate_that_was_replaced_and_keeps_one_that_was_spoilt) {
  authority_->vouch_for("changing", "DNS:elsewhere.test");
  start(options_of("changing"));
  EXPECT_NE(refusal(authority_->certificate()), "");
  std::this_thread::sleep_for(1100ms);  // it looks once a second
  authority_->vouch_for("changing", "IP:127.0.0.1");
  EXPECT_EQ(refusal(authority_->certificate()), "");
  std::this_thread::sleep_for(1100ms);
  std::ofstream(authority_->path("changing.pem")) << "spoilt";
  EXPECT_EQ(refusal(authority_->certificate()), "");
}

TEST_F(HttpsServer, can_ask_clients_for_a_certificate) {
  TlsServerOptions options = options_of("server");
  options.client_ca_file = authority_->certificate();
  start(options);
  EXPECT_NE(refusal(authority_->certificate()), "");
  const std::string said =
      run_checked({"curl", "-s", "--cacert", authority_->certificate(), "--cert",
                   authority_->path("client.pem"), "--key", authority_->path("client.key"),
                   "https://127.0.0.1:" + std::to_string(port_) + "/"});
  EXPECT_EQ(said, "127.0.0.1 ");
}

TEST_F(HttpsServer, does_not_start_with_what_is_of_no_use_and_names_the_option) {
  const auto refused = [](const TlsServerOptions& options) {
    try {
      const TlsServer server(options);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
      return std::string(error.what());
    }
    return std::string("it started");
  };
  TlsServerOptions options = options_of("server");
  options.key_file = authority_->path("client.key");
  EXPECT_NE(refused(options).find("[ssl] key_file"), std::string::npos) << refused(options);
  options = options_of("missing");
  EXPECT_NE(refused(options).find("[ssl] cert_file"), std::string::npos) << refused(options);
  options = options_of("server");
  options.client_ca_file = "/dev/null";
  EXPECT_NE(refused(options).find("[ssl] ca_file"), std::string::npos) << refused(options);
  options = options_of("server");
  options.ciphers = "NONSENSE";
  EXPECT_NE(refused(options).find("[ssl] ciphers"), std::string::npos) << refused(options);
}

}  // namespace
}  // namespace platform::http
