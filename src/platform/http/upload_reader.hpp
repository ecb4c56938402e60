// The body of an upload while it arrives. Includes Boost.Beast: for server_connection.hpp
// alone.
#pragma once

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "platform/http/blocking_socket.hpp"
#include "platform/http/message.hpp"

namespace platform::http {

// Gives a BlockingSocket the shape that Beast's synchronous reads want.
class SyncStream {
 public:
  explicit SyncStream(BlockingSocket socket) : socket_(socket) {}
  template <class Buffers>
  size_t read_some(const Buffers& buffers) {
    boost::system::error_code error;
    const size_t count = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }
  template <class Buffers>
  size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
    const boost::asio::mutable_buffer buffer = *boost::asio::buffer_sequence_begin(buffers);
    const size_t count = socket_.receive(static_cast<char*>(buffer.data()), buffer.size());
    error = count == 0 ? boost::system::error_code(boost::asio::error::eof)
                       : boost::system::error_code();
    return count;
  }

 private:
  BlockingSocket socket_;
};

using UploadParser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// The body of an upload, read by the worker that answers it.
class UploadReader : public BodyReader {
 public:
  UploadReader(UploadParser& parser, boost::beast::flat_buffer& buffer, BlockingSocket socket,
               bool expects_continue)
      : parser_(&parser),
        buffer_(buffer),
        socket_(socket),
        stream_(socket),
        expects_continue_(expects_continue) {
    if (const auto left = parser.content_length_remaining()) left_ = *left;
  }

  size_t read(char* target, size_t size) override {
    if (parser_ == nullptr)
      throw base::Error(base::ErrorKind::internal, "The upload was read after its answer.");
    if (left_.value_or(1) == 0 || parser_->is_done() || size == 0) return 0;
    if (std::exchange(expects_continue_, false)) socket_.send(kContinue);
    if (left_) return read_plain(target, static_cast<size_t>(std::min<uint64_t>(size, *left_)));
    auto& body = parser_->get().body();
    body = {target, size, true};
    while (body.size == size && !parser_->is_done()) read_some();
    return size - body.size;
  }

  // Whether the body has been read to its end; looks at what is there already, e.g. the last chunk
  // of length zero, which a handler that knows the length does not wait for.
  bool is_at_end() {
    if (left_) return *left_ == 0;
    while (!parser_->is_done() && !expects_continue_ && buffer_.size() > 0) {
      char byte = 0;
      boost::system::error_code error;
      parser_->get().body() = {&byte, 1, true};
      const size_t count = parser_->put(buffer_.data(), error);
      buffer_.consume(count);
      if (count == 0 || error || parser_->get().body().size == 0) break;
    }
    return parser_->is_done();
  }

  void end() { parser_ = nullptr; }

 private:
  // A body of known length is what follows, as it is: past the parser, which would have it copied
  // by way of its buffer in small pieces.
  size_t read_plain(char* target, size_t size) {
    size_t count = boost::asio::buffer_copy(boost::asio::buffer(target, size), buffer_.data());
    buffer_.consume(count);
    while (count < size) {
      const size_t more = socket_.receive(target + count, size - count);
      if (more == 0)
        throw base::Error(base::ErrorKind::bad_request, "The body of the request is malformed.",
                          "it ends before its Content-Length");
      count += more;
    }
    *left_ -= count;
    return count;
  }

  void read_some() {
    boost::system::error_code error;
    boost::beast::http::read_some(stream_, buffer_, *parser_, error);
    if (!error || error == boost::beast::http::error::need_buffer) return;
    throw base::Error(base::ErrorKind::bad_request, "The body of the request is malformed.",
                      error.message());
  }

  UploadParser* parser_;
  boost::beast::flat_buffer& buffer_;
  BlockingSocket socket_;
  SyncStream stream_;
  bool expects_continue_;
  std::optional<uint64_t> left_;  // of a body whose length is known
};

}  // namespace platform::http
