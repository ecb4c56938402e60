// HTTP requests and responses as plain values; std only. The same types serve a socket and a call
// inside one process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform::http {

// Few, in order, compared without case.
class Headers {
 public:
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  // "" if missing.
  [[nodiscard]] std::string_view value(std::string_view name) const;
  void set(std::string_view name, std::string value);
  void add(std::string_view name, std::string value);
  void remove(std::string_view name);
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

// Pulls bytes of a body. Blocks; throws base::Error(timeout | bad_request) when the peer stalls or
// breaks off.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Up to `size` bytes into `buffer`; 0 at the end.
  virtual size_t read(char* buffer, size_t size) = 0;
};
[[nodiscard]] std::unique_ptr<BodyReader> make_text_reader(std::string text);

// A body that is made while it is sent, in constant memory. Handed around by shared_ptr.
struct BodySource {
  BodySource() = default;
  ~BodySource();  // closes `file`
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;

  std::optional<uint64_t> length;  // absent: chunked
  std::unique_ptr<BodyReader> reader;
  // Instead of the reader: `length` bytes of this open file from `offset` (sendfile). Owned.
  int file = -1;
  uint64_t offset = 0;
};

struct Query {
  // In order, decoded; a name may occur often.
  std::vector<std::pair<std::string, std::string>> items;
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
};
[[nodiscard]] Query parse_query(std::string_view text);
[[nodiscard]] std::string to_text(const Query& query);

struct Request {
  std::string method = "GET";
  std::string path = "/";  // undecoded, without query
  std::string query_text;  // after '?', undecoded
  Headers headers;
  std::string body;                    // unless streamed
  std::shared_ptr<BodyReader> stream;  // set for a streamed upload; body is then empty
  std::optional<uint64_t> content_length;
  std::string peer_address;  // of the client's socket; "127.0.0.1" inside one process
  bool tls = false;          // the client spoke it

  [[nodiscard]] Query query() const { return parse_query(query_text); }
};

// "https://cloud.example:8774": where the client found us, for links. By the Host header, or
// `authority` without one; X-Forwarded-Proto tells of a proxy that ended TLS.
[[nodiscard]] std::string origin(const Request& request, std::string_view authority);

// Splits the target of a request line into path and query; "http://host/path" (RFC 9112 section
// 3.2.2) counts as "/path".
void set_target(Request& request, std::string_view target);

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<BodySource> stream;  // instead of body
};

// The body, however it is held: in memory, streamed, or as part of a file. Takes it.
[[nodiscard]] std::shared_ptr<BodyReader> take_body(Request& request);
[[nodiscard]] std::shared_ptr<BodyReader> take_body(Response& response);

// Answers a request. Blocks as it likes; must not throw.
using Handler = std::function<Response(Request&)>;

}  // namespace platform::http
