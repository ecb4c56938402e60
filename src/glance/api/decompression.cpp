#include "glance/api/decompression.hpp"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <string>

#include "base/error.hpp"

namespace glance::api {
namespace {

using platform::http::BodyReader;

constexpr uint64_t kMemory = 128U << 20;
constexpr int kWindowLog = 27;  // of zstd: the same

[[noreturn]] void refuse_compressed(const char* detail) {
  throw base::Error(base::ErrorKind::bad_request, "The image can not be decompressed.", detail);
}

// What is still to be read and where to write; both move on.
struct Flow {
  std::string_view input;
  char* output;
  size_t room;
};

// One format.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Before each member.
  virtual void restart() = 0;
  // Goes on as far as input and room allow. True at the end of a member.
  virtual bool step(Flow& flow) = 0;
};

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() {
    constexpr int kGzipOnly = 15 + 16;
    if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) refuse_compressed("inflateInit2");
  }
  ~GzipDecoder() override { ::inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  void restart() override { ::inflateReset(&stream_); }

  bool step(Flow& flow) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(flow.input.data()));
    stream_.avail_in = static_cast<uInt>(flow.input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(flow.output);
    stream_.avail_out = static_cast<uInt>(flow.room);
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      refuse_compressed(stream_.msg != nullptr ? stream_.msg : "gzip");
    flow = {flow.input.substr(flow.input.size() - stream_.avail_in),
            reinterpret_cast<char*>(stream_.next_out), stream_.avail_out};
    return code == Z_STREAM_END;
  }

 private:
  z_stream stream_{};
};

class XzDecoder final : public Decoder {
 public:
  ~XzDecoder() override { ::lzma_end(&stream_); }

  void restart() override {
    if (::lzma_stream_decoder(&stream_, kMemory, 0) != LZMA_OK) refuse_compressed("lzma");
  }

  bool step(Flow& flow) override {
    stream_.next_in = reinterpret_cast<const uint8_t*>(flow.input.data());
    stream_.avail_in = flow.input.size();
    stream_.next_out = reinterpret_cast<uint8_t*>(flow.output);
    stream_.avail_out = flow.room;
    const lzma_ret code = ::lzma_code(&stream_, LZMA_RUN);
    if (code == LZMA_MEMLIMIT_ERROR) refuse_compressed("xz that needs too much memory");
    if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR)
      refuse_compressed("xz");
    flow = {flow.input.substr(flow.input.size() - stream_.avail_in),
            reinterpret_cast<char*>(stream_.next_out), stream_.avail_out};
    return code == LZMA_STREAM_END;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() { ::ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog); }

  void restart() override { ::ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only); }

  bool step(Flow& flow) override {
    ZSTD_inBuffer input{flow.input.data(), flow.input.size(), 0};
    ZSTD_outBuffer output{flow.output, flow.room, 0};
    const size_t left = ::ZSTD_decompressStream(context_.get(), &output, &input);
    if (::ZSTD_isError(left) != 0) refuse_compressed(::ZSTD_getErrorName(left));
    flow = {flow.input.substr(input.pos), flow.output + output.pos, flow.room - output.pos};
    return left == 0;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_{::ZSTD_createDCtx()};
};

std::unique_ptr<Decoder> make_decoder(Compression compression) {
  if (compression == Compression::gzip) return std::make_unique<GzipDecoder>();
  if (compression == Compression::xz) return std::make_unique<XzDecoder>();
  return std::make_unique<ZstdDecoder>();
}

class DecompressingReader final : public BodyReader {
 public:
  DecompressingReader(std::shared_ptr<BodyReader> body, Compression compression)
      : body_(std::move(body)), decoder_(make_decoder(compression)) {}

  size_t read(char* buffer, size_t size) override {
    Flow flow{input_, buffer, size};
    while (flow.room == size && size > 0) {
      if (flow.input.empty()) flow.input = fill();
      if (!in_member_ && !next_member(flow)) break;
      const size_t before = flow.input.size();
      in_member_ = !decoder_->step(flow);
      const bool stands_still = flow.input.size() == before && flow.room == size;
      if (in_member_ && stands_still && flow.input.empty()) refuse_compressed("it is cut off");
      if (in_member_ && stands_still) refuse_compressed("it makes no progress");
    }
    input_ = flow.input;
    return size - flow.room;
  }

 private:
  std::string_view fill() { return {buffer_.data(), body_->read(buffer_.data(), buffer_.size())}; }

  // False: there is none.
  bool next_member(Flow& flow) {
    for (;;) {
      flow.input.remove_prefix(std::min(flow.input.find_first_not_of('\0'), flow.input.size()));
      if (!flow.input.empty()) break;
      flow.input = fill();
      if (flow.input.empty()) return false;
    }
    decoder_->restart();
    return true;
  }

  std::shared_ptr<BodyReader> body_;
  std::unique_ptr<Decoder> decoder_;
  std::string buffer_ = std::string(size_t{256} << 10, '\0');
  std::string_view input_;  // of the buffer, not read yet
  bool in_member_ = false;
};

}  // namespace

Compression compression_of(std::string_view head) {
  struct Magic {
    std::string_view bytes;
    Compression compression;
  };
  using namespace std::string_view_literals;
  static constexpr std::array kMagics{Magic{"\x1f\x8b\x08"sv, Compression::gzip},
                                      Magic{"\xfd\x37zXZ\x00"sv, Compression::xz},
                                      Magic{"\x28\xb5\x2f\xfd"sv, Compression::zstd}};
  for (const Magic& magic : kMagics)
    if (head.starts_with(magic.bytes)) return magic.compression;
  return Compression::none;
}

std::unique_ptr<BodyReader> make_decompressing_reader(std::shared_ptr<BodyReader> body,
                                                      Compression compression) {
  return std::make_unique<DecompressingReader>(std::move(body), compression);
}

}  // namespace glance::api
