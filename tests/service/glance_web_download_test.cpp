// Import by web-download, from a server that does what servers of strangers do.
#include <fmt/core.h>

#include <thread>

#include "base/text.hpp"
#include "glance_import_world.hpp"
#include "platform/http/server.hpp"

namespace tests::glance_import {
namespace {

using platform::http::Request;
using platform::http::Response;

// Gives a byte now and then, for ever.
class DrippingReader final : public platform::http::BodyReader {
 public:
  size_t read(char* buffer, size_t /*size*/) override {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    *buffer = 'x';
    return 1;
  }
};

class WebServer {
 protected:
  WebServer() {
    port_ = server_.listen({.handler = [this](Request& request) { return answer(request); }});
    other_port_ =
        server_.listen({.handler = [](Request&) { return Response{200, {}, "other", {}}; }});
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }

  uint16_t port_ = 0;
  uint16_t other_port_ = 0;

 private:
  Response answer(const Request& request) const {
    Response response;
    if (request.path == "/image") {
      response.body = "bytes of the web?" + request.query_text;
    } else if (request.path == "/short") {
      response.stream = std::make_shared<platform::http::BodySource>();
      response.stream->length = 100;
      response.stream->reader = platform::http::make_text_reader("less");
    } else if (request.path == "/drip") {
      response.stream = std::make_shared<platform::http::BodySource>();
      response.stream->reader = std::make_unique<DrippingReader>();
    } else if (request.path == "/to") {
      response.status = 302;
      response.headers.set("Location", base::percent_decode(request.query_text));
    } else {
      response.status = 404;
    }
    return response;
  }

  platform::http::Server server_{{}};
};

class GlanceWebDownload : protected WebServer, public GlanceImport {
 protected:
  explicit GlanceWebDownload(const std::string& networks = "127.0.0.1/32",
                             std::vector<GlanceOption> more = {})
      : GlanceImport(Stores::one, options(networks, std::move(more))) {}

  std::vector<GlanceOption> options(const std::string& networks, std::vector<GlanceOption> more) {
    more.push_back({"import_filtering_opts", "allowed_ports", fmt::format("[80,'{}']", port_)});
    more.push_back({"import_filtering_opts", "allowed_networks", networks});
    return more;
  }
  Response download(const std::string& image, const std::string& from) {
    return import(image, fmt::format(R"({{"method":{{"name":"web-download","uri":"{}"}}}})", from));
  }
  // Why the import of that failed; the image is as it was before.
  std::string failure_of(const std::string& from) {
    const std::string image = create();
    EXPECT_EQ(download(image, from).status, 202);
    const auto task = ended_task(image);
    EXPECT_EQ(base::text_or(task, "status"), "failure") << from;
    EXPECT_EQ(status(image), "queued");
    EXPECT_TRUE(soon_empty("staging"));
    EXPECT_TRUE(soon_empty("images"));
    return base::text_or(task, "message");
  }
};

TEST_F(GlanceWebDownload, imports_what_an_url_leads_to) {
  const std::string image = create();

  const auto answer = download(image, url("/image?a=b"));

  ASSERT_EQ(answer.status, 202) << answer.body;
  const auto task = ended_task(image);
  EXPECT_EQ(base::text_or(task, "status"), "success") << base::to_text(task);
  EXPECT_EQ(status(image), "active");
  EXPECT_EQ(data(image), "bytes of the web?a=b");
  EXPECT_TRUE(soon_empty("staging"));
}

TEST_F(GlanceWebDownload, follows_a_few_redirects) {
  const std::string image = create();
  ASSERT_EQ(download(image, url("/to?/to%3F" + url("/image"))).status, 202);
  EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");
  EXPECT_EQ(data(image), "bytes of the web?");
  ASSERT_EQ(world_.send("p", "DELETE", image).status, 204);

  EXPECT_NE(failure_of(url("/to?/to%3F")).find("redirected too often"), std::string::npos);
}

TEST_F(GlanceWebDownload, follows_no_redirect_to_where_it_may_not_go) {
  const std::string elsewhere = fmt::format("http://127.0.0.1:{}/", other_port_);
  EXPECT_NE(failure_of(url("/to?" + elsewhere)).find("not allowed"), std::string::npos);
  EXPECT_NE(failure_of(url("/to?http://127.0.0.2/")).find("address"), std::string::npos);
  EXPECT_NE(failure_of(url("/to?http://[::1]/")).find("address"), std::string::npos);
  EXPECT_NE(failure_of(url("/to?file:///etc/passwd")).find("nowhere"), std::string::npos);
  EXPECT_NE(failure_of(url("/to?ftp://127.0.0.1/x")).find("not allowed"), std::string::npos);
}

TEST_F(GlanceWebDownload, refuses_urls_that_do_not_pass_the_filter) {
  const std::string image = create();
  for (const std::string& bad :
       {std::string(), std::string("file:///etc/passwd"), std::string("ftp://example.org/x"),
        fmt::format("http://127.0.0.1:{}/", other_port_), std::string("http://2130706433/"),
        std::string("http://u:p@example.org/"), std::string("example.org")}) {
    const auto answer = download(image, bad);
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_NE(answer.body.find("does not pass filtering"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(import(image, R"({"method":{"name":"web-download"}})").status, 400);
  EXPECT_EQ(import(image, R"({"method":{"name":"web-download","uri":7}})").status, 400);
  EXPECT_EQ(status(image), "queued");
}

TEST_F(GlanceWebDownload, needs_an_image_that_is_queued) {
  EXPECT_EQ(download(staged(), url("/image")).status, 409);
  EXPECT_EQ(download(uploaded(), url("/image")).status, 409);
}

TEST_F(GlanceWebDownload, queues_the_image_again_if_there_is_nothing_to_be_had) {
  EXPECT_NE(failure_of(url("/none")).find("404"), std::string::npos);
  EXPECT_NE(failure_of(url("/short")), "");
  EXPECT_NE(failure_of("http://127.0.0.1:80/"), "");  // nobody listens
}

TEST_F(GlanceWebDownload, is_broken_off_when_its_glance_api_ends) {
  const std::string image = create();
  ASSERT_EQ(download(image, url("/drip")).status, 202);
  ASSERT_TRUE(world_.soon([&] { return !fs::is_empty(world_.images_directory() + "/staging"); }));
}

// Without an option that allows it.
class GlanceWebDownloadDefault : public GlanceWebDownload {
 protected:
  GlanceWebDownloadDefault() : GlanceWebDownload("") {}
};

TEST_F(GlanceWebDownloadDefault, goes_to_no_address_of_its_own_host) {
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"})
    EXPECT_NE(failure_of(fmt::format("http://{}:{}/image", host, port_)).find("address"),
              std::string::npos)
        << host;
}

class GlanceWebDownloadBounds : public GlanceWebDownload {
 protected:
  GlanceWebDownloadBounds()
      : GlanceWebDownload("127.0.0.1", {{"DEFAULT", "image_size_cap", "10"}}) {}
};

TEST_F(GlanceWebDownloadBounds, ends_what_is_too_large) {
  EXPECT_NE(failure_of(url("/image")).find("image_size_cap"), std::string::npos);
}

class GlanceWebDownloadDeadline : public GlanceWebDownload {
 protected:
  GlanceWebDownloadDeadline()
      : GlanceWebDownload("127.0.0.1", {{"import_filtering_opts", "download_timeout", "1"}}) {}
};

TEST_F(GlanceWebDownloadDeadline, ends_what_never_ends) {
  EXPECT_NE(failure_of(url("/drip")).find("time"), std::string::npos);
}

}  // namespace
}  // namespace tests::glance_import
