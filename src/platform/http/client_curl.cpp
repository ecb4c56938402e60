// A pool of libcurl handles per peer. Each handle is driven through a multi handle of its own, so
// that a download can be pulled piece by piece by whoever reads Response::stream.
#include <curl/curl.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/clock.hpp"
#include "platform/http/client.hpp"
#include "platform/http/client_tls.hpp"
#include "platform/http/client_web.hpp"
#include "platform/waiting.hpp"

namespace platform::http {

namespace {

constexpr size_t kBodyLimit = 64 << 20;
constexpr size_t kStreamBuffer = 512 * 1024;  // a download is paused while this much is unread
constexpr size_t kIdleHandles = 32;           // per peer

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Keeps its connection open between transfers. The multi handle holds the connection, so it goes
// last.
struct Handle {
  std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
  std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
};

class Pool {
 public:
  Pool(ClientTls tls, std::optional<AddressRule> rule)
      : tls_(std::move(tls)), rule_(std::move(rule)) {}
  [[nodiscard]] const ClientTls& tls() const { return tls_; }
  // Where connections may go, if not anywhere.
  [[nodiscard]] const std::optional<AddressRule>& rule() const { return rule_; }

  std::unique_ptr<Handle> take(const std::string& peer) {
    {
      const std::lock_guard lock(mutex_);
      auto& idle = idle_[peer];
      if (!idle.empty()) {
        auto handle = std::move(idle.back());
        idle.pop_back();
        return handle;
      }
    }
    auto handle = std::make_unique<Handle>();
    if (!handle->easy || !handle->multi)
      throw base::Error(base::ErrorKind::internal, "No memory for an HTTP client.");
    return handle;
  }

  void give_back(const std::string& peer, std::unique_ptr<Handle> handle) {
    if (rule_) return;
    curl_easy_reset(handle->easy.get());
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[peer];
    if (idle.size() < kIdleHandles) idle.push_back(std::move(handle));
  }

 private:
  const ClientTls tls_;
  const std::optional<AddressRule> rule_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<Handle>>> idle_;
};

// One request and its answer.
class Transfer {
 public:
  Transfer(std::shared_ptr<Pool> pool, std::string peer, Request request, base::Duration timeout);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Until the answer is complete or, if it is streamed, its headers are.
  void run_to_answer();
  Response take_response() { return std::move(response_); }
  [[nodiscard]] bool is_streamed() const { return streamed_; }
  [[nodiscard]] std::optional<uint64_t> length() const { return length_; }
  // Of a streamed answer.
  size_t read(char* buffer, size_t size);

 private:
  void set_up();
  void set_tls();
  void set_address_rule();
  void set_headers();
  void set_body();
  void step();
  int milliseconds_left() const;
  void finish(CURLcode code);
  [[nodiscard]] std::string what_to_trust(CURLcode code) const;
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_->easy.get(), option, value);
  }

  size_t on_header(std::string_view line);
  void on_headers_end();
  size_t on_body(const char* data, size_t size);
  size_t on_upload(char* buffer, size_t size);
  static size_t header_callback(char* data, size_t size, size_t count, void* self);
  static size_t body_callback(char* data, size_t size, size_t count, void* self);
  static size_t upload_callback(char* data, size_t size, size_t count, void* self);
  static curl_socket_t socket_callback(void* self, curlsocktype purpose, curl_sockaddr* address);

  std::shared_ptr<Pool> pool_;
  std::string peer_;
  Request request_;
  base::Duration timeout_;
  base::SteadyTime progress_;  // start, or the last byte of a streamed body
  std::unique_ptr<Handle> handle_;
  std::unique_ptr<curl_slist, FreeList> header_list_;
  char error_text_[CURL_ERROR_SIZE] = {};

  Response response_;
  std::optional<uint64_t> length_;
  bool headers_done_ = false;
  bool streamed_ = false;
  bool done_ = false;
  bool paused_ = false;
  std::string unread_;  // of a streamed answer
  size_t position_ = 0;
  std::exception_ptr upload_error_;
  bool address_refused_ = false;
};

Transfer::Transfer(std::shared_ptr<Pool> pool, std::string peer, Request request,
                   base::Duration timeout)
    : pool_(std::move(pool)),
      peer_(std::move(peer)),
      request_(std::move(request)),
      timeout_(timeout),
      progress_(system_clock().steady()),
      handle_(pool_->take(peer_)) {
  set_up();
  curl_multi_add_handle(handle_->multi.get(), handle_->easy.get());
}

Transfer::~Transfer() {
  curl_multi_remove_handle(handle_->multi.get(), handle_->easy.get());
  pool_->give_back(peer_, std::move(handle_));
}

void Transfer::set_up() {
  std::string url = peer_ + request_.path;
  if (!request_.query_text.empty()) url += '?' + request_.query_text;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_ / std::chrono::milliseconds{1}));
  set(CURLOPT_ERRORBUFFER, error_text_);
  set(CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::body_callback);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_BUFFERSIZE, 128 * 1024L);
  set(CURLOPT_UPLOAD_BUFFERSIZE, 128 * 1024L);
  set_tls();
  set_address_rule();
  set_body();
  set_headers();
}

void Transfer::set_tls() {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (pool_->tls().ca_file.empty()) return;
  set(CURLOPT_CAINFO, pool_->tls().ca_file.c_str());
  // Not those of the system beside them.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void Transfer::set_address_rule() {
  if (!pool_->rule()) return;
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::socket_callback);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

void Transfer::set_headers() {
  const auto append = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) throw base::Error(base::ErrorKind::internal, "No memory for headers.");
    static_cast<void>(header_list_.release());
    header_list_.reset(longer);
  };
  for (const auto& [name, value] : request_.headers) {
    if (base::equals_ignoring_case(name, "Content-Length") ||
        base::equals_ignoring_case(name, "Transfer-Encoding"))
      continue;
    append(value.empty() ? name + ";" : name + ": " + value);
  }
  // What libcurl would add by itself.
  if (!request_.headers.get("Content-Type")) append("Content-Type:");
  if (!request_.headers.get("Expect")) append("Expect:");
  if (request_.stream && !request_.content_length) append("Transfer-Encoding: chunked");
  set(CURLOPT_HTTPHEADER, header_list_.get());
}

void Transfer::set_body() {
  const std::string& method = request_.method;
  if (request_.stream) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &Transfer::upload_callback);
    set(CURLOPT_READDATA, static_cast<void*>(this));
    const auto length = static_cast<curl_off_t>(request_.content_length.value_or(0));
    set(CURLOPT_INFILESIZE_LARGE, request_.content_length ? length : curl_off_t{-1});
    // A stream cannot be sent again if the kept connection turns out to be dead.
    set(CURLOPT_FRESH_CONNECT, 1L);
  } else if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
  } else if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void Transfer::run_to_answer() {
  while (!done_ && !(headers_done_ && streamed_)) step();
}

size_t Transfer::read(char* buffer, size_t size) {
  progress_ = system_clock().steady();
  while (position_ == unread_.size()) {
    unread_.clear();
    position_ = 0;
    if (done_ || size == 0) return 0;
    if (std::exchange(paused_, false)) curl_easy_pause(handle_->easy.get(), CURLPAUSE_CONT);
    if (unread_.empty()) step();
  }
  const size_t count = std::min(size, unread_.size() - position_);
  std::memcpy(buffer, unread_.data() + position_, count);
  position_ += count;
  return count;
}

void Transfer::step() {
  int running = 0;
  curl_multi_perform(handle_->multi.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle_->multi.get(), &left))
    if (message->msg == CURLMSG_DONE) return finish(message->data.result);
  if (headers_done_ && streamed_ && position_ < unread_.size()) return;
  curl_multi_poll(handle_->multi.get(), nullptr, 0, milliseconds_left(), nullptr);
}

int Transfer::milliseconds_left() const {
  const base::Duration left = timeout_ - (system_clock().steady() - progress_);
  if (left <= base::Duration::zero())
    throw base::Error(base::ErrorKind::timeout,
                      "The service at " + peer_ + " did not answer in time.");
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void Transfer::finish(CURLcode code) {
  done_ = true;
  if (upload_error_) std::rethrow_exception(upload_error_);
  if (code == CURLE_OK) return;
  const std::string detail =
      fmt::format("{}: {}", curl_easy_strerror(code), static_cast<const char*>(error_text_));
  if (address_refused_ && !headers_done_)
    throw base::Error(base::ErrorKind::forbidden,
                      "The address of " + peer_ + " is not one to which requests may go.", detail);
  if (code == CURLE_OPERATION_TIMEDOUT)
    throw base::Error(base::ErrorKind::timeout,
                      "The service at " + peer_ + " did not answer in time.", detail);
  if (headers_done_)
    throw base::Error(base::ErrorKind::bad_gateway,
                      "The service at " + peer_ + " broke off its answer.", detail);
  throw base::Error(base::ErrorKind::unavailable, "The service at " + peer_ + " cannot be reached.",
                    detail + what_to_trust(code));
}

// What an operator can do about a peer that is not trusted.
std::string Transfer::what_to_trust(CURLcode code) const {
  const ClientTls& tls = pool_->tls();
  if (code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE) return {};
  const std::string authorities =
      tls.ca_file.empty() ? "the system's authorities" : "the authorities in " + tls.ca_file;
  return fmt::format(
      "; {} do not vouch for it: set {} to the PEM file of those that do, and check that the "
      "certificate is for that name",
      authorities, tls.option.empty() ? "cafile" : tls.option);
}

size_t Transfer::on_header(std::string_view line) {
  const size_t taken = line.size();
  line = base::trim(line);
  if (headers_done_) return taken;  // a trailer
  if (line.starts_with("HTTP/")) {
    response_ = Response();  // also after "100 Continue"
    return taken;
  }
  if (line.empty()) {
    on_headers_end();
    return taken;
  }
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    response_.headers.add(base::trim(line.substr(0, colon)),
                          std::string(base::trim(line.substr(colon + 1))));
  return taken;
}

void Transfer::on_headers_end() {
  long status = 0;
  curl_easy_getinfo(handle_->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return;
  response_.status = static_cast<int>(status);
  headers_done_ = true;
  const bool has_body = request_.method != "HEAD" && status != 204 && status != 304;
  streamed_ =
      has_body && (pool_->rule() ||
                   response_.headers.value("Content-Type").starts_with("application/octet-stream"));
  if (const auto length = base::parse_integer(response_.headers.value("Content-Length")))
    length_ = static_cast<uint64_t>(*length);
}

size_t Transfer::on_body(const char* data, size_t size) {
  if (!streamed_) {
    if (response_.body.size() + size > kBodyLimit) return 0;
    response_.body.append(data, size);
    return size;
  }
  if (unread_.size() - position_ >= kStreamBuffer) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  unread_.append(data, size);
  return size;
}

size_t Transfer::on_upload(char* buffer, size_t size) {
  try {
    const size_t count = request_.stream->read(buffer, size);
    progress_ = system_clock().steady();
    return count;
  } catch (...) {
    upload_error_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

size_t Transfer::header_callback(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_header({data, size * count});
}

size_t Transfer::body_callback(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_body(data, size * count);
}

size_t Transfer::upload_callback(char* data, size_t size, size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_upload(data, size * count);
}

curl_socket_t Transfer::socket_callback(void* self, curlsocktype /*purpose*/,
                                        curl_sockaddr* address) {
  auto* const transfer = static_cast<Transfer*>(self);
  if (!transfer->pool_->rule()->allows(address->addr)) {
    transfer->address_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

class DownloadReader : public BodyReader {
 public:
  explicit DownloadReader(std::unique_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
  size_t read(char* buffer, size_t size) override { return transfer_->read(buffer, size); }

 private:
  std::unique_ptr<Transfer> transfer_;
};

class CurlTransport : public Transport {
 public:
  explicit CurlTransport(ClientTls tls, std::optional<AddressRule> rule = {})
      : pool_(std::make_shared<Pool>(std::move(tls), std::move(rule))) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
  }

  Response send(const std::string& url_base, Request request, base::Duration timeout) override {
    assert_may_wait("a request to another service");
    const size_t end = url_base.ends_with('/') ? url_base.size() - 1 : url_base.size();
    auto transfer = begin(url_base.substr(0, end), std::move(request), timeout);
    Response response = transfer->take_response();
    if (!transfer->is_streamed()) return response;
    response.stream = std::make_shared<BodySource>();
    response.stream->length = transfer->length();
    response.stream->reader = std::make_unique<DownloadReader>(std::move(transfer));
    return response;
  }

 private:
  // To its answer. What only asks is asked once more if the connection is lost: of several
  // processes behind an address, another one answers when one has died.
  std::unique_ptr<Transfer> begin(const std::string& url, Request request, base::Duration timeout) {
    const bool only_asks = request.method == "GET" || request.method == "HEAD";
    if (only_asks) {
      try {
        return begin_once(url, request, timeout);
      } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::unavailable) throw;
      }
    }
    return begin_once(url, std::move(request), timeout);
  }

  std::unique_ptr<Transfer> begin_once(const std::string& url, Request request,
                                       base::Duration timeout) {
    auto transfer = std::make_unique<Transfer>(pool_, url, std::move(request), timeout);
    transfer->run_to_answer();
    return transfer;
  }

  std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<Transport> make_curl_transport() { return make_curl_transport(ClientTls{}); }

std::unique_ptr<Transport> make_curl_transport(ClientTls tls) {
  return std::make_unique<CurlTransport>(std::move(tls));
}

std::unique_ptr<Transport> make_web_transport(ClientTls tls, AddressRule rule) {
  return std::make_unique<CurlTransport>(std::move(tls), std::move(rule));
}

}  // namespace platform::http
