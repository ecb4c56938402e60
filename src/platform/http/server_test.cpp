#include "platform/http/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(NEPHELE_ADDRESS_SANITIZER)
#include <sanitizer/allocator_interface.h>
#endif

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "base/error.hpp"
#include "platform/http/client.hpp"

namespace platform::http {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kLarge = 64 << 20;

// What the process has in use. AddressSanitizer keeps freed memory for a while, so it is asked
// instead.
size_t used_bytes() {
#if defined(NEPHELE_ADDRESS_SANITIZER)
  return __sanitizer_get_current_allocated_bytes();
#else
  std::ifstream file("/proc/self/statm");
  size_t pages = 0;
  file >> pages >> pages;
  return pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
#endif
}

// The most that was in use while patterns were read.
std::atomic<size_t> peak_bytes = 0;

void note_peak() { peak_bytes = std::max<size_t>(peak_bytes, used_bytes()); }

// `length` bytes that depend on their position.
class PatternReader : public BodyReader {
 public:
  explicit PatternReader(uint64_t length) : length_(length) {}
  static char at(uint64_t position) { return static_cast<char>('a' + position % 23); }
  size_t read(char* buffer, size_t size) override {
    const size_t count = std::min<uint64_t>(size, length_ - position_);
    for (size_t i = 0; i < count; ++i) buffer[i] = at(position_ + i);
    if ((position_ ^ (position_ + count)) >> 20) note_peak();  // once per MiB
    position_ += count;
    return count;
  }

 private:
  uint64_t length_;
  uint64_t position_ = 0;
};

class StallingReader : public BodyReader {
 public:
  size_t read(char*, size_t) override {
    throw base::Error(base::ErrorKind::conflict, "The source went away.");
  }
};

// The bytes of a body that follow the pattern; stops at the first that does not.
uint64_t count_pattern(BodyReader& reader) {
  std::vector<char> buffer(100'000);
  uint64_t position = 0;
  while (const size_t count = reader.read(buffer.data(), buffer.size())) {
    for (size_t i = 0; i < count; ++i)
      if (buffer[i] != PatternReader::at(position + i)) return position + i;
    position += count;
  }
  return position;
}

std::string read_all(BodyReader& reader) {
  std::string text;
  char buffer[1000];
  while (const size_t count = reader.read(buffer, sizeof(buffer))) text.append(buffer, count);
  return text;
}

// A client of bare text, for what no client library would send.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view text) const {
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Until `end` has come or the server has closed.
  std::string receive_until(std::string_view end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && ::recv(socket_, &byte, 1, 0) == 1) text += byte;
    return text;
  }
  std::string receive_all() { return receive_until("\x01never"); }

 private:
  int socket_;
  bool connected_ = false;
};

class HttpServer : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    server_.emplace(options);
    Listener listener;
    listener.handler = [this](Request& request) { return answer(request); };
    listener.streams = [](const Request& request) { return request.path.starts_with("/stream"); };
    port_ = server_->listen(std::move(listener));
  }

  Response answer(Request& request) {
    Response response;
    response.headers.set("Content-Type", "text/plain");
    if (request.path == "/echo") response.body = request.body;
    if (request.path == "/describe")
      response.body = request.method + " " + request.query_text + " " + request.peer_address;
    if (request.path == "/empty") response.status = 204;
    if (request.path == "/large") response.body.assign(8 << 20, 'x');
    if (request.path == "/throws") throw base::Error(base::ErrorKind::internal, "secret");
    if (request.path == "/stream/count")
      response.body = std::to_string(count_pattern(*request.stream));
    if (request.path == "/stream/refuse") response.status = 409;
    if (request.path == "/stream/echo") response.body = read_all(*take_body(request));
    if (request.path.starts_with("/stream/down")) stream_down(request, response);
    return response;
  }

  static void stream_down(const Request& request, Response& response) {
    response.headers.set("Content-Type", "application/octet-stream");
    response.stream = std::make_shared<BodySource>();
    if (request.path == "/stream/down") response.stream->length = kLarge;
    if (request.path == "/stream/down-short") response.stream->length = kLarge + 1;
    response.stream->reader = std::make_unique<PatternReader>(kLarge);
  }

  Response send(Request request) {
    return client_->send("http://127.0.0.1:" + std::to_string(port_), std::move(request), 20s);
  }
  Response send(const std::string& method, const std::string& path, std::string body = {}) {
    Request request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    return send(std::move(request));
  }

  uint16_t port_ = 0;
  std::optional<Server> server_;
  std::unique_ptr<Transport> client_ = make_curl_transport();
};

TEST_F(HttpServer, answers_many_requests_on_a_kept_connection) {
  start();
  for (int i = 0; i < 100; ++i) {
    const Response response = send("POST", "/echo", "body " + std::to_string(i));
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.body, "body " + std::to_string(i));
    ASSERT_EQ(response.headers.value("connection"), "");
  }
}

TEST_F(HttpServer, tells_the_handler_method_query_and_peer) {
  start();
  Request request;
  request.method = "DELETE";
  request.path = "/describe";
  request.query_text = "a=1&b=%20";

  EXPECT_EQ(send(std::move(request)).body, "DELETE a=1&b=%20 127.0.0.1");
}

TEST_F(HttpServer, streams_an_upload_in_constant_memory_with_and_without_a_length) {
  start();
  const size_t before = used_bytes();
  peak_bytes = before;
  for (const bool with_length : {true, false}) {
    Request request;
    request.method = "PUT";
    request.path = "/stream/count";
    request.stream = std::make_shared<PatternReader>(kLarge);
    if (with_length) request.content_length = kLarge;

    EXPECT_EQ(send(std::move(request)).body, std::to_string(kLarge));
  }
  EXPECT_LT(peak_bytes, before + kLarge / 4);
}

TEST_F(HttpServer, streams_a_download_in_constant_memory_with_and_without_a_length) {
  start();
  const size_t before = used_bytes();
  peak_bytes = before;
  for (const std::string path : {"/stream/down", "/stream/down-chunked"}) {
    Response response = send("GET", path);

    ASSERT_TRUE(response.stream) << path;
    EXPECT_EQ(response.stream->length.has_value(), path == "/stream/down");
    EXPECT_EQ(count_pattern(*take_body(response)), kLarge);
  }
  EXPECT_LT(peak_bytes, before + kLarge / 4);
}

TEST_F(HttpServer, breaks_the_connection_when_a_download_is_shorter_than_announced) {
  start();
  Response response = send("GET", "/stream/down-short");

  EXPECT_THROW(count_pattern(*take_body(response)), base::Error);
}

TEST_F(HttpServer, sends_a_part_of_a_file) {
  start();
  server_.emplace(ServerOptions{});
  Listener listener;
  listener.handler = [](Request&) {
    char name[] = "/tmp/http_server_test_XXXXXX";
    const int file = ::mkstemp(name);
    ::unlink(name);
    EXPECT_EQ(::write(file, "0123456789", 10), 10);
    Response response;
    response.stream = std::make_shared<BodySource>();
    response.stream->file = file;
    response.stream->offset = 3;
    response.stream->length = 4;
    return response;
  };
  port_ = server_->listen(std::move(listener));

  EXPECT_EQ(send("GET", "/").body, "3456");
  EXPECT_EQ(send("GET", "/").body, "3456");
}

TEST_F(HttpServer, sends_a_large_body_and_keeps_the_connection) {
  start();
  EXPECT_EQ(send("GET", "/large").body.size(), 8u << 20);
  EXPECT_EQ(send("POST", "/echo", "next").body, "next");
}

TEST_F(HttpServer, refuses_a_body_beyond_the_limit) {
  ServerOptions options;
  options.body_limit = 1000;
  start(options);

  EXPECT_EQ(send("POST", "/echo", std::string(1000, 'x')).status, 200);
  EXPECT_EQ(send("POST", "/echo", std::string(1001, 'x')).status, 413);

  Request chunked;
  chunked.method = "POST";
  chunked.path = "/echo";
  chunked.stream = std::make_shared<PatternReader>(5000);
  EXPECT_EQ(send(std::move(chunked)).status, 413);
}

TEST_F(HttpServer, accepts_a_small_chunked_body_on_any_route) {
  start();
  Request request;
  request.method = "POST";
  request.path = "/echo";
  request.stream = make_text_reader("in pieces");

  EXPECT_EQ(send(std::move(request)).body, "in pieces");
}

TEST_F(HttpServer, refuses_headers_beyond_the_limit) {
  start();
  Request request;
  request.path = "/echo";
  request.headers.set("X-Long", std::string(20'000, 'x'));

  EXPECT_EQ(send(std::move(request)).status, 431);
}

TEST_F(HttpServer, answers_head_with_the_length_and_no_body) {
  start();
  const Response response = send("HEAD", "/large");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.value("Content-Length"), std::to_string(8 << 20));
  EXPECT_EQ(send("HEAD", "/stream/down").headers.value("Content-Length"), std::to_string(kLarge));
}

TEST_F(HttpServer, answers_204_without_a_length) {
  start();
  const Response response = send("GET", "/empty");

  EXPECT_EQ(response.status, 204);
  EXPECT_FALSE(response.headers.get("Content-Length"));
  EXPECT_EQ(send("POST", "/echo", "next").body, "next");
}

TEST_F(HttpServer, answers_500_when_a_handler_throws_and_tells_nothing) {
  start();
  const Response response = send("GET", "/throws");

  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(HttpServer, answers_before_an_upload_is_read_and_closes) {
  start();
  Request request;
  request.method = "PUT";
  request.path = "/stream/refuse";
  request.stream = std::make_shared<PatternReader>(kLarge);

  const Response response = send(std::move(request));

  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.headers.value("Connection"), "close");
}

TEST_F(HttpServer, answers_pipelined_requests_in_order) {
  start();
  RawClient client(port_);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
      "POST /stream/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\ntwo\r\n0\r\n\r\n"
      "GET /describe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  const std::string answers = client.receive_all();

  const size_t one = answers.find("\r\n\r\none");
  const size_t two = answers.find("\r\n\r\ntwo");
  EXPECT_LT(one, two);
  EXPECT_LT(two, answers.find("\r\n\r\nGET"));
}

TEST_F(HttpServer, keeps_the_connection_after_a_whole_chunked_upload) {
  start();
  RawClient client(port_);
  for (int i = 0; i < 3; ++i) {
    client.send(
        "PUT /stream/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4\r\nbody\r\n0\r\n\r\n");
    EXPECT_TRUE(client.receive_until("\r\n\r\nbody").starts_with("HTTP/1.1 200"));
  }
}

TEST_F(HttpServer, lets_a_client_wait_for_100_continue) {
  start();
  for (const std::string path : {"/echo", "/stream/echo"}) {
    RawClient client(port_);
    client.send("POST " + path +
                " HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    EXPECT_TRUE(client.receive_until("\r\n\r\nbody").ends_with("\r\n\r\nbody"));
  }
}

TEST_F(HttpServer, refuses_what_is_no_http) {
  start();
  for (const std::string text :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n"}) {
    RawClient client(port_);
    client.send(text);
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 400")) << text;
  }
}

TEST_F(HttpServer, never_lets_a_header_value_start_a_header) {
  server_.emplace(ServerOptions{});
  Listener listener;
  listener.handler = [](Request&) {
    Response response;
    response.headers.set("Location", "/a\r\nSet-Cookie: evil");
    return response;
  };
  port_ = server_->listen(std::move(listener));

  EXPECT_FALSE(send("GET", "/").headers.get("Set-Cookie"));
}

TEST_F(HttpServer, closes_an_idle_connection) {
  ServerOptions options;
  options.idle_timeout = 50ms;
  start(options);
  RawClient client(port_);

  EXPECT_EQ(client.receive_all(), "");
}

TEST_F(HttpServer, gives_up_on_an_upload_that_stalls) {
  ServerOptions options;
  options.io_timeout = 50ms;
  server_.emplace(options);
  Listener listener;
  listener.streams = [](const Request&) { return true; };
  listener.handler = [](Request& request) {
    Response response;
    try {
      read_all(*request.stream);
    } catch (const base::Error& error) {
      response.status = base::http_status(error.kind());
    }
    return response;
  };
  port_ = server_->listen(std::move(listener));
  RawClient client(port_);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome");

  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 504"));
}

TEST_F(HttpServer, serves_many_connections_with_few_workers) {
  ServerOptions options;
  options.workers = 2;
  start(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<RawClient>(port_));
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients)
      client->send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    for (auto& client : clients)
      ASSERT_TRUE(client->receive_until("\r\n\r\nhi").starts_with("HTTP/1.1 200"));
  }
}

TEST_F(HttpServer, answers_503_when_the_queue_is_full) {
  ServerOptions options;
  options.workers = 1;
  options.queue_limit = 1;
  server_.emplace(options);
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  Listener listener;
  listener.handler = [released](Request&) {
    released.wait();
    return Response();
  };
  port_ = server_->listen(std::move(listener));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }

  // At least one of four is refused while the worker is held; a kept one is answered afterwards.
  std::this_thread::sleep_for(100ms);
  release.set_value();
  int refused = 0;
  int answered = 0;
  for (auto& client : clients) {
    const std::string text = client->receive_all();
    answered += text.starts_with("HTTP/1.1 200") ? 1 : 0;
    if (text.starts_with("HTTP/1.1 503") && text.find("Retry-After: 1") != std::string::npos)
      ++refused;
  }
  EXPECT_GE(refused, 1);
  EXPECT_GE(answered, 1);
  EXPECT_EQ(refused + answered, 4);
}

TEST_F(HttpServer, answers_what_is_in_progress_when_it_ends) {
  server_.emplace(ServerOptions{});
  std::promise<void> entered;
  Listener listener;
  listener.handler = [&](Request&) {
    entered.set_value();
    std::this_thread::sleep_for(100ms);
    Response response;
    response.body = "done";
    return response;
  };
  port_ = server_->listen(std::move(listener));
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  entered.get_future().wait();
  std::thread ending([&] { server_.reset(); });

  const std::string text = client.receive_until("\r\n\r\ndone");
  ending.join();

  EXPECT_TRUE(text.ends_with("\r\n\r\ndone")) << text;
  EXPECT_NE(text.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServer, answers_who_has_connected_before_it_ends) {
  start();
  RawClient client(port_);
  RawClient half(port_);
  half.send("GET / HTTP/1.1\r\nHo");
  std::this_thread::sleep_for(50ms);
  std::thread ending([&] { server_.reset(); });
  std::this_thread::sleep_for(100ms);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  half.send("st: a\r\n\r\n");

  const std::string text = client.receive_all();
  const std::string other = half.receive_all();
  ending.join();

  EXPECT_TRUE(text.starts_with("HTTP/1.1 200")) << text;
  EXPECT_TRUE(other.starts_with("HTTP/1.1 200")) << other;
  EXPECT_NE(text.find("Connection: close"), std::string::npos);
}

TEST_F(HttpServer, loses_nobody_when_one_of_two_on_a_shared_port_ends) {
  const auto listener = [](uint16_t port) {
    Listener shared;
    shared.port = port;
    shared.shared = true;
    shared.handler = [](Request&) { return Response(); };
    return shared;
  };
  server_.emplace(ServerOptions{});
  port_ = server_->listen(listener(0));
  std::optional<Server> other(std::in_place, ServerOptions{});
  other->listen(listener(port_));
  std::atomic<bool> ended = false;
  std::atomic<int> lost = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i)
    users.emplace_back([&] {
      while (!ended) {
        RawClient client(port_);
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        ++(client.receive_all().starts_with("HTTP/1.1 200") ? answered : lost);
      }
    });

  std::this_thread::sleep_for(100ms);
  other.reset();
  const int before = answered;
  std::this_thread::sleep_for(1500ms);
  ended = true;
  for (std::thread& user : users) user.join();

  EXPECT_EQ(lost, 0);
  EXPECT_GT(answered, before);
}

TEST_F(HttpServer, serves_an_adopted_socket_until_it_is_released) {
  start();
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listening, 10), 0);
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  const uint64_t adopted = server_->adopt(listening, [this](Request& r) { return answer(r); });

  EXPECT_EQ(send("POST", "/echo", "hello").body, "hello");
  server_->release(adopted);
  EXPECT_FALSE(RawClient(port_).connected());
}

TEST_F(HttpServer, names_the_port_that_is_taken) {
  start();
  Listener second;
  second.port = port_;
  try {
    server_->listen(second);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_NE(error.message().find(std::to_string(port_)), std::string::npos);
  }
}

TEST_F(HttpServer, stops_taking_connections_on_a_closed_port) {
  start();
  server_->close(port_);

  EXPECT_FALSE(RawClient(port_).connected());
}

TEST_F(HttpServer, client_reports_an_unreachable_peer_and_a_passed_timeout) {
  start();
  server_->close(port_);
  try {
    send("GET", "/");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
  }
  Listener slow;
  slow.handler = [](Request&) {
    std::this_thread::sleep_for(300ms);
    return Response();
  };
  const uint16_t port = server_->listen(slow);
  try {
    static_cast<void>(client_->send("http://127.0.0.1:" + std::to_string(port), Request(), 50ms));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::timeout);
  }
}

TEST_F(HttpServer, client_throws_on_what_the_source_of_an_upload_throws) {
  start();
  Request request;
  request.method = "PUT";
  request.path = "/stream/count";
  request.stream = std::make_shared<StallingReader>();
  try {
    send(std::move(request));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
  }
}

TEST_F(HttpServer, client_survives_a_download_that_is_not_read_to_its_end) {
  start();
  {
    Response response = send("GET", "/stream/down");
    char buffer[10];
    EXPECT_GT(take_body(response)->read(buffer, sizeof(buffer)), 0u);
  }
  EXPECT_EQ(send("POST", "/echo", "next").body, "next");
}

TEST_F(HttpServer, client_works_from_many_threads) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(t * 1000 + i);
        if (send("POST", "/echo", text).body == text) ++right;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 1600);
}

}  // namespace
}  // namespace platform::http
