#include "platform/http/message.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform::http {

namespace {

class TextReader : public BodyReader {
 public:
  explicit TextReader(std::string text) : text_(std::move(text)) {}
  size_t read(char* buffer, size_t size) override {
    const size_t count = std::min(size, text_.size() - position_);
    std::memcpy(buffer, text_.data() + position_, count);
    position_ += count;
    return count;
  }

 private:
  std::string text_;
  size_t position_ = 0;
};

// Reads a part of the file that `source` owns.
class FileReader : public BodyReader {
 public:
  explicit FileReader(std::shared_ptr<BodySource> source)
      : source_(std::move(source)),
        position_(source_->offset),
        end_(source_->offset + source_->length.value_or(0)) {}
  size_t read(char* buffer, size_t size) override {
    if (position_ == end_ || size == 0) return 0;
    if (position_ == extent_end_) find_extent();
    const size_t wanted = std::min<uint64_t>(size, extent_end_ - position_);
    if (is_hole_) {
      std::memset(buffer, 0, wanted);
      position_ += wanted;
      return wanted;
    }
    ssize_t count = 0;
    do count = ::pread(source_->file, buffer, wanted, static_cast<off_t>(position_));
    while (count < 0 && errno == EINTR);
    if (count < 0)
      throw base::Error(base::ErrorKind::internal, "Reading stored data failed.",
                        std::strerror(errno));
    if (count == 0)
      throw base::Error(base::ErrorKind::internal, "Stored data is shorter than announced.");
    position_ += static_cast<uint64_t>(count);
    return static_cast<size_t>(count);
  }

 private:
  // Where there is a hole, zeroes are made, not read: the kernel would fill its memory with them.
  // What a file system does not tell is read.
  void find_extent() {
    const auto at = static_cast<off_t>(position_);
    const off_t data = ::lseek(source_->file, at, SEEK_DATA);
    off_t end = data;
    if (data == at) end = ::lseek(source_->file, at, SEEK_HOLE);
    if (data < 0 && errno == ENXIO) end = ::lseek(source_->file, 0, SEEK_END);
    is_hole_ = data != at && end > at;
    extent_end_ = end > at ? std::min(end_, static_cast<uint64_t>(end)) : end_;
  }

  std::shared_ptr<BodySource> source_;
  uint64_t position_;
  uint64_t end_;
  uint64_t extent_end_ = position_;  // of what lies at `position_`: data, or a hole
  bool is_hole_ = false;
};

// Keeps the source alive whose reader it is.
class SourceReader : public BodyReader {
 public:
  explicit SourceReader(std::shared_ptr<BodySource> source) : source_(std::move(source)) {}
  size_t read(char* buffer, size_t size) override { return source_->reader->read(buffer, size); }

 private:
  std::shared_ptr<BodySource> source_;
};

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [key, value] : items_)
    if (base::equals_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::string_view Headers::value(std::string_view name) const {
  return get(name).value_or(std::string_view{});
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
  items_.emplace_back(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(items_,
                [&](const auto& item) { return base::equals_ignoring_case(item.first, name); });
}

std::unique_ptr<BodyReader> make_text_reader(std::string text) {
  return std::make_unique<TextReader>(std::move(text));
}

BodySource::~BodySource() {
  if (file >= 0) ::close(file);
}

void set_target(Request& request, std::string_view target) {
  const size_t scheme = target.find("://");
  if (!target.starts_with('/') && scheme != std::string_view::npos) {
    const size_t path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  const size_t question = target.find('?');
  request.path = std::string(target.substr(0, question));
  if (!request.path.starts_with('/')) request.path.insert(0, "/");
  request.query_text = question == std::string_view::npos ? "" : target.substr(question + 1);
}

std::shared_ptr<BodyReader> take_body(Request& request) {
  if (request.stream) return std::move(request.stream);
  return make_text_reader(std::move(request.body));
}

std::shared_ptr<BodyReader> take_body(Response& response) {
  if (!response.stream) return make_text_reader(std::move(response.body));
  const std::shared_ptr<BodySource> source = std::move(response.stream);
  if (source->file >= 0) return std::make_shared<FileReader>(source);
  if (source->reader) return std::make_shared<SourceReader>(source);
  return make_text_reader({});
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (const auto& [key, value] : items)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : items)
    if (key == name) values.push_back(value);
  return values;
}

Query parse_query(std::string_view text) {
  Query query;
  for (const std::string_view part : base::split(text, '&')) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1);
    query.items.emplace_back(base::percent_decode(name, true), base::percent_decode(value, true));
  }
  return query;
}

std::string origin(const Request& request, std::string_view authority) {
  const bool secure = request.tls || request.headers.value("X-Forwarded-Proto") == "https";
  const std::string_view host = request.headers.value("Host");
  return std::string(secure ? "https://" : "http://").append(host.empty() ? authority : host);
}

std::string to_text(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query.items) {
    if (!text.empty()) text += '&';
    text += base::percent_encode(name) + '=' + base::percent_encode(value);
  }
  return text;
}

}  // namespace platform::http
