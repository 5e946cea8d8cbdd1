#include "examples/gallery_traffic.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>

#include <iterator>
#include <utility>

#include "logging/line_sink.h"
#include "logging/setup.h"

namespace logmill {
namespace {

using spdlog::level::level_enum;
constexpr level_enum kVerbose = spdlog::level::trace, kDebug = spdlog::level::debug, kLog = spdlog::level::info,
                     kWarn = spdlog::level::warn;

// A line of the start; without a context it is plain text.
struct StartLine {
  const char* app;
  const char* context;
  const char* message;
};

constexpr StartLine kStart[] = {
    {"", "", "Initializing Immich "},
    {"", "", "Detected CPU Cores: 2"},
    {"", "", "Missing history for endpoint: Get space activity feed"},
    {"", "", "Starting api worker"},
    {"", "", "Starting microservices worker"},
    {"Api", "WebsocketRepository", "Initialized websocket server"},
    {"Microservices", "DatabaseRepository", "Running migrations"},
    {"Microservices", "DatabaseRepository", "Finished running migrations"},
    {"Microservices", "StorageService", "Successfully verified system mount folder checks"},
    {"Microservices", "MetadataService", "Initialized local reverse geocoder"},
    {"Microservices", "Bootstrap", "Immich Microservices is running [v2.5.6] [production] "},
    {"Api", "Bootstrap", "Immich Server is listening on http://127.0.0.1:2283 [v2.5.6] [production] "},
};

// `path` may hold one {}: an id.
struct Endpoint {
  const char* method;
  const char* path;
  int status;
  double slowest_ms;
};

constexpr Endpoint kEndpoints[] = {
    {"GET", "/api/assets/{}/thumbnail", 200, 60},
    {"GET", "/api/assets/{}/thumbnail", 200, 60},
    {"GET", "/api/assets/{}", 200, 40},
    {"GET", "/api/timeline/buckets", 200, 120},
    {"GET", "/api/users/me", 200, 25},
    {"GET", "/api/server/ping", 200, 3},
    {"POST", "/api/assets", 201, 400},
    {"PUT", "/api/assets/{}", 200, 80},
    {"POST", "/api/search/smart", 200, 900},
    {"GET", "/api/albums/{}", 200, 90},
    {"DELETE", "/api/assets", 204, 50},
    {"GET", "/api/queues", 200, 15},
    {"POST", "/api/auth/login", 201, 250},
};

// A job that asks the machine-learning service, and what it asks for.
struct LearningJob {
  const char* name;
  const char* request;
};

constexpr LearningJob kLearningJobs[] = {
    {"SmartSearch", R"({"clip":{"visual":{"modelName":"ViT-B-32__openai"}}})"},
    {"AssetDetectFaces", R"({"facial-recognition":{"detection":{"modelName":"buffalo_l","options":{"minScore":0.7}}}})"},
    {"Ocr", R"({"ocr":{"detection":{"modelName":"PP-OCRv5_mobile","options":{"minScore":0.5,"maxResolution":736}}}})"},
};

constexpr const char* kRedisIsGone =
    "Error: connect ECONNREFUSED 127.0.0.1:6379\n"
    "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16) {\n"
    "  errno: -111,\n"
    "  code: 'ECONNREFUSED',\n"
    "  syscall: 'connect',\n"
    "  address: '127.0.0.1',\n"
    "  port: 6379\n"
    "}";

constexpr const char* kQueryFailed =
    "Query failed : {{\n"
    "  durationMs: {:.6f},\n"
    "  error: PostgresError: canceling statement due to statement timeout\n"
    "      at ErrorResponse (file:///usr/src/app/node_modules/postgres/src/connection.js:815:30) {{\n"
    "    severity: 'ERROR',\n"
    "    code: '57014'\n"
    "  }},\n"
    "  sql: 'select \"asset\".* from \"asset\" where \"asset\".\"ownerId\" = $1',\n"
    "  params: [ '{}' ]\n"
    "}}";

std::shared_ptr<spdlog::logger> LoggerOf(LoggingOptions options, const char* app) {
  options.app = app;
  return MakeLogger(options);
}

std::shared_ptr<spdlog::logger> PlainLogger(const LoggingOptions& options) {
  auto sink = std::make_shared<LineSink>(std::make_unique<spdlog::pattern_formatter>("%v"), options.out_fd, options.err_fd);
  return std::make_shared<spdlog::logger>("", std::move(sink));
}

}  // namespace

struct GalleryTraffic::Event {
  uint64_t weight;
  uint64_t lines;
  void (GalleryTraffic::*write)();
};

GalleryTraffic::GalleryTraffic(LoggingOptions options, uint64_t seed)
    : random_(seed), api_(LoggerOf(options, "Api")), worker_(LoggerOf(options, "Microservices")), plain_(PlainLogger(options)) {}

uint64_t GalleryTraffic::Start(uint64_t most) {
  if (most == 0 || started_ == std::size(kStart)) return 0;
  const StartLine& line = kStart[started_++];
  const std::string_view app = line.app;
  if (app.empty()) {
    plain_->info(line.message);
  } else {
    (app == "Api" ? api_ : worker_)->clone(line.context)->info(line.message);
  }
  return 1;
}

uint64_t GalleryTraffic::Next(uint64_t most) {
  static constexpr Event kEvents[] = {
      {450, 1, &GalleryTraffic::ServeRequest},      {25, 1, &GalleryTraffic::RefuseRequest},       {5, 1, &GalleryTraffic::RefuseLogin},
      {120, 2, &GalleryTraffic::DetectFaces},       {150, 2, &GalleryTraffic::ReadMetadata},       {60, 2, &GalleryTraffic::TranscodeVideo},
      {150, 1, &GalleryTraffic::GenerateThumbnail}, {15, 1, &GalleryTraffic::LoseMachineLearning}, {15, 2, &GalleryTraffic::FailJob},
      {6, 8, &GalleryTraffic::LoseRedis},           {4, 10, &GalleryTraffic::FailQuery},
  };
  static constexpr uint64_t kWeights = 1000;
  static_assert([] {
    uint64_t sum = 0;
    for (const Event& event : kEvents) sum += event.weight;
    return sum == kWeights;
  }());
  uint64_t at = Pick(kWeights);
  const Event* event = kEvents;
  while (at >= event->weight) at -= event++->weight;
  if (event->lines > most) event = kEvents;
  (this->*event->write)();
  return event->lines;
}

void GalleryTraffic::Api(const char* context, level_enum level, const std::string& message) { api_->clone(context)->log(level, message); }

void GalleryTraffic::Worker(const char* context, level_enum level, const std::string& message) {
  worker_->clone(context)->log(level, message);
}

void GalleryTraffic::ServeRequest() {
  const Endpoint& endpoint = kEndpoints[Pick(std::size(kEndpoints))];
  const CorrelationScope request(CorrelationId());
  const std::string path = fmt::format(fmt::runtime(endpoint.path), Uuid());
  const double milliseconds = endpoint.slowest_ms * static_cast<double>(1 + Pick(1000)) / 1000;
  Api("LoggingInterceptor", kDebug,
      fmt::format("{} {} {} {:.2f}ms 192.0.2.{}", endpoint.method, path, endpoint.status, milliseconds, 1 + Pick(20)));
}

void GalleryTraffic::RefuseRequest() {
  const CorrelationScope request(CorrelationId());
  const char* const answers[] = {
      R"(HttpException(401): {"message":"Authentication required","error":"Unauthorized","statusCode":401})",
      R"(HttpException(404): {"message":"Cannot GET /api/nope","error":"Not Found","statusCode":404})",
      R"(HttpException(400): {"message":"Not found or no asset.read access","error":"Bad Request","statusCode":400})",
  };
  Api("GlobalExceptionFilter", kDebug, answers[Pick(std::size(answers))]);
}

void GalleryTraffic::RefuseLogin() {
  const CorrelationScope request(CorrelationId());
  Api("AuthService", kWarn,
      fmt::format("Failed login attempt for user visitor{}@example.com from ip address 192.0.2.{}", Pick(9), 1 + Pick(20)));
}

void GalleryTraffic::DetectFaces() {
  const std::string asset = Uuid();
  Worker("PersonService", kLog, fmt::format("Detected {} new faces in asset {}", Pick(5), asset));
  Worker("PersonService", kDebug, fmt::format("Face {} has {} matches", Uuid(), Pick(30)));
}

void GalleryTraffic::ReadMetadata() {
  const std::string asset = Uuid();
  Worker("MetadataService", kVerbose,
         fmt::format("Found timezone Europe/London via undefined for asset {}: /data/upload/été/IMG_{:04}.jpg", asset, Pick(10000)));
  Worker("OcrService", kDebug, fmt::format("Processed {} OCR result(s) for {}", Pick(12), asset));
}

void GalleryTraffic::TranscodeVideo() {
  const std::string asset = Uuid();
  Worker("MediaService", kLog, fmt::format("Transcoding video {} without hardware acceleration", asset));
  Worker("MediaRepository", kDebug,
         fmt::format("Transcoding {:.2f}% done for output {}.mp4", static_cast<double>(Pick(10001)) / 100, asset));
}

void GalleryTraffic::GenerateThumbnail() {
  const std::string asset = Uuid();
  Worker("MediaService", kVerbose, fmt::format("Thumbnail generation for image {} /data/upload/{}.jpg", asset, Uuid()));
}

void GalleryTraffic::LoseMachineLearning() {
  Worker("MachineLearningRepository", kWarn, R"(Machine learning request to "http://immich-machine-learning:3003" failed: fetch failed)");
}

// The server logs a job's own data as the context.
void GalleryTraffic::FailJob() {
  LoseMachineLearning();
  const LearningJob& job = kLearningJobs[Pick(std::size(kLearningJobs))];
  const std::string error = fmt::format("Error: Machine learning request '{}' failed for all URLs", job.request);
  const auto logger = worker_->clone(fmt::format(R"({{"source":"upload","id":"{}"}})", Uuid()));
  LogError(
      *logger, fmt::format("Unable to run job handler ({}): {}", job.name, error),
      error + "\n    at MachineLearningRepository.predict (/usr/src/app/server/dist/repositories/machine-learning.repository.js:119:15)");
}

void GalleryTraffic::LoseRedis() { plain_->error(kRedisIsGone); }

void GalleryTraffic::FailQuery() {
  plain_->error(fmt::format(fmt::runtime(kQueryFailed), static_cast<double>(Pick(60000000)) / 1000, Uuid()));
}

std::string GalleryTraffic::Uuid() {
  const uint64_t high = random_(), low = random_();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xfff,
                     0x8000 | ((low >> 48) & 0x3fff), low & 0xffffffffffff);
}

std::string GalleryTraffic::CorrelationId() {
  std::string id(8, ' ');
  for (char& c : id) c = "abcdefghijklmnopqrstuvwxyz0123456789"[Pick(36)];
  return id;
}

}  // namespace logmill
